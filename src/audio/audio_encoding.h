// Samples to a sound file, as they come: WAV, FLAC, Ogg Vorbis, Ogg Opus, MP3, or bare PCM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "audio/byte_output.h"
#include "hearth/result.h"

namespace hearth {

enum class AudioEncoding : std::uint8_t { kWav, kFlac, kOggVorbis, kOggOpus, kPcm, kMp3 };

// "wav", "flac", "ogg", "opus", "pcm", "mp3": what files of it end in.
[[nodiscard]] std::string_view audio_encoding_name(AudioEncoding encoding);
// "audio/wav" and the like.
[[nodiscard]] std::string_view audio_media_type(AudioEncoding encoding);
// By that name.
[[nodiscard]] std::optional<AudioEncoding> audio_encoding_named(std::string_view name);
// By the ending of a file's name, whatever its case; absent for others.
[[nodiscard]] std::optional<AudioEncoding> audio_encoding_of_name(std::string_view file_name);
// The rate nearest above `sample_rate_hz` that the encoding has, else its highest. Opus has 8, 12, 16, 24 and 48 kHz,
// MP3 those of MPEG-1 and 2, the others have any.
[[nodiscard]] std::uint32_t encodable_rate(AudioEncoding encoding, std::uint32_t sample_rate_hz);

// One thread at a time. Memory doesn't grow with the audio.
class AudioEncoder {
 public:
  virtual ~AudioEncoder() = default;
  // `output` is borrowed. kInvalidArgument: a rate that the encoding doesn't have. kUnavailable: this build has no
  // libsndfile, or one without the encoding. Where the output can't replace bytes, a WAV says by the
  // largest number that its length is unknown.
  static Result<std::unique_ptr<AudioEncoder>> create(ByteOutput& output, std::uint32_t sample_rate_hz,
                                                      AudioEncoding encoding);

  // Mono samples in [-1,1], as 16 bits or compressed with loss at the library's usual quality. Values beyond are cut to
  // full scale. kInvalidArgument: a sample that is no number; errors of the output.
  [[nodiscard]] virtual Status write(std::span<const float> samples) = 0;
  // Writes what was held back, and lengths into the head. Once, at the end.
  [[nodiscard]] virtual Status finish() = 0;
};

// All of a file at once. kInvalidArgument: no samples, and as AudioEncoder.
[[nodiscard]] Result<std::vector<std::byte>> encode_audio(std::span<const float> samples, std::uint32_t sample_rate_hz,
                                                          AudioEncoding encoding);

}  // namespace hearth
