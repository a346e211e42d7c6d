// A sound file as speech models take it: mono, one sample rate, block by block.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "audio/audio_reader.h"
#include "audio/mono_mixer.h"
#include "audio/resampler.h"

namespace hearth {

// Source: the rate that Whisper, Silero, PocketSphinx and the other speech models here were trained at.
inline constexpr std::uint32_t kSpeechSampleRateHz = 16'000;

// One thread at a time. Memory doesn't grow with the file's length.
class MonoReader {
 public:
  // Errors of AudioReader::open and Resampler::create.
  static Result<std::unique_ptr<MonoReader>> open(std::unique_ptr<ByteInput> input,
                                                  std::uint32_t sample_rate_hz = kSpeechSampleRateHz,
                                                  const AudioLimits& limits = {});

  // Replaces `block` by the next samples, the mean of all channels, in [-1,1]: some tenths of a second, and none only
  // at the end. Errors of AudioReader::read; kInvalidData naming the second where a sample is no number.
  [[nodiscard]] Status next(std::vector<float>& block);

  [[nodiscard]] const AudioInfo& info() const { return reader_->info(); }
  [[nodiscard]] std::uint32_t sample_rate_hz() const { return sample_rate_hz_; }
  // Of the file so far.
  [[nodiscard]] double seconds_read() const { return mixer_.seconds(); }
  // Samples at or beyond full scale so far, all channels: a recording that was too loud.
  [[nodiscard]] std::uint64_t n_clipped() const { return mixer_.n_clipped(); }

 private:
  MonoReader(std::unique_ptr<AudioReader> reader, std::unique_ptr<Resampler> resampler, std::uint32_t sample_rate_hz);

  std::unique_ptr<AudioReader> reader_;
  MonoMixer mixer_;
  std::unique_ptr<Resampler> resampler_;
  std::uint32_t sample_rate_hz_;
  std::vector<float> interleaved_;
  std::vector<float> mono_;
  bool at_end_ = false;
};

// All of a sound file at once. kDoesNotFit when it lasts longer than `seconds_max`.
[[nodiscard]] Result<std::vector<float>> read_mono(std::unique_ptr<ByteInput> input, double seconds_max,
                                                   std::uint32_t sample_rate_hz = kSpeechSampleRateHz);

}  // namespace hearth
