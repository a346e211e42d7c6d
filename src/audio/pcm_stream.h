// Sound that comes as bytes without an end in sight: WAV, or samples without any header. Nothing is sought, so that a
// pipe or a connection will do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "audio/audio_reader.h"
#include "audio/mono_mixer.h"
#include "audio/mono_reader.h"
#include "audio/resampler.h"
#include "hearth/result.h"

namespace hearth {

enum class PcmEncoding : std::uint8_t { kU8, kS16, kS24, kS32, kF32 };  // little-endian

struct PcmFormat {
  PcmEncoding encoding = PcmEncoding::kS16;
  std::uint32_t sample_rate_hz = kSpeechSampleRateHz;
  std::uint32_t n_channels = 1;
};

struct PcmStreamOptions {
  std::uint32_t sample_rate_hz = kSpeechSampleRateHz;  // of what comes out
  std::optional<PcmFormat> raw;                        // of bytes without a header; absent: they are a WAV
  AudioLimits limits;
};

// One thread at a time. What comes out does not depend on how the bytes were cut into calls. Holds at most the WAV's
// headers (64 KiB) and one call's samples.
class PcmStream {
 public:
  // kDoesNotFit: the raw format is beyond the limits. Errors of Resampler::create.
  static Result<std::unique_ptr<PcmStream>> create(const PcmStreamOptions& options);

  // Appends mono samples in [-1,1] to `out`. kUnsupported: no WAV, or one whose encoding is not read here.
  // kInvalidData: its headers make no sense, or a sample is no number. kDoesNotFit: beyond the limits.
  [[nodiscard]] Status push(std::span<const std::byte> bytes, std::vector<float>& out);
  // Appends the rest. kInvalidData: there was not one sample. Nothing may be pushed after it.
  [[nodiscard]] Status finish(std::vector<float>& out);

  // Of the stream so far.
  [[nodiscard]] double seconds() const { return mixer_ ? mixer_->seconds() : 0; }
  [[nodiscard]] std::uint64_t n_clipped() const { return mixer_ ? mixer_->n_clipped() : 0; }
  // One sentence on what is odd about it; empty else. Known once finish() has returned.
  [[nodiscard]] const std::string& note() const { return note_; }

 private:
  explicit PcmStream(const PcmStreamOptions& options) : options_(options) {}
  [[nodiscard]] Status begin(const PcmFormat& format);
  [[nodiscard]] Status read_head();
  [[nodiscard]] Status take(std::span<const std::byte> bytes, std::vector<float>& out);

  PcmStreamOptions options_;
  PcmFormat format_;
  std::optional<MonoMixer> mixer_;        // once the format is known
  std::unique_ptr<Resampler> resampler_;  // likewise
  std::vector<std::byte> head_;           // of the WAV, until its samples begin
  std::vector<std::byte> partial_;        // bytes of a frame that is not whole yet
  std::optional<std::uint64_t> n_left_;   // bytes of samples that the WAV still promises
  std::vector<float> interleaved_;
  std::vector<float> mono_;
  std::string note_;
};

}  // namespace hearth
