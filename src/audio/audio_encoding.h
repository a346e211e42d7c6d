// Samples to a sound file in memory: WAV, FLAC, Ogg Vorbis, Ogg Opus, or bare PCM.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

enum class AudioEncoding : std::uint8_t { kWav, kFlac, kOggVorbis, kOggOpus, kPcm };

// "wav", "flac", "ogg", "opus", "pcm": what files of it end in.
[[nodiscard]] std::string_view audio_encoding_name(AudioEncoding encoding);
// By the ending of a file's name, whatever its case; absent for others.
[[nodiscard]] std::optional<AudioEncoding> audio_encoding_of_name(std::string_view file_name);

// Mono samples in [-1,1] as 16-bit WAV, FLAC or little-endian PCM, or compressed with loss at the library's usual
// quality. Values beyond are cut to full scale. kInvalidArgument: no samples, a sample that is no number, a rate
// that the encoding doesn't have (Opus: 8, 12, 16, 24 or 48 kHz). kUnavailable: this build has no libsndfile.
[[nodiscard]] Result<std::vector<std::byte>> encode_audio(std::span<const float> samples, std::uint32_t sample_rate_hz,
                                                          AudioEncoding encoding);

}  // namespace hearth
