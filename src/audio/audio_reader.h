// Sound files to samples, a block at a time: WAV, FLAC, Ogg with Vorbis or Opus, MP3. Decoding is libsndfile's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "audio/byte_input.h"
#include "audio/container.h"
#include "hearth/result.h"

namespace hearth {

// What is refused before anything is decoded.
struct AudioLimits {
  std::uint32_t channels_max = 64;  // more than any microphone array that speech is transcribed from
  // Source: the rates of telephony and of studio interfaces, with room on both sides.
  std::uint32_t sample_rate_hz_min = 1'000;
  std::uint32_t sample_rate_hz_max = 768'000;
};

struct AudioInfo {
  AudioContainer container = AudioContainer::kWav;
  std::string encoding;  // as libsndfile names it: "Signed 16 bit PCM", "Opus", ...
  std::uint32_t sample_rate_hz = 0;
  std::uint32_t n_channels = 0;
  std::optional<std::uint64_t> n_frames;  // absent where the file can't tell before it is decoded
  std::string note;                       // one clear sentence on what is odd about the file; empty else
};

// One thread at a time. Memory doesn't grow with the file's length.
class AudioReader {
 public:
  virtual ~AudioReader() = default;
  // kUnsupported: no known container, or an encoding in it that is not read. kInvalidData: empty, cut off, corrupt, or
  // without a single sample. kDoesNotFit: beyond the limits. kUnavailable: this build has no libsndfile.
  static Result<std::unique_ptr<AudioReader>> open(std::unique_ptr<ByteInput> input, const AudioLimits& limits = {});

  [[nodiscard]] virtual const AudioInfo& info() const = 0;
  // Fills `interleaved` [n_frames, n_channels] from its start, values in [-1,1] where the encoding has bounds, and
  // returns how many frames came: 0 only at the end. Its size is a multiple of the channels. kInvalidData: corrupt, or
  // the file ends before the frames its header promises; errors of the input.
  [[nodiscard]] virtual Result<std::size_t> read(std::span<float> interleaved) = 0;
};

}  // namespace hearth
