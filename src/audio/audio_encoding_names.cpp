#include <algorithm>
#include <array>
#include <string>

#include "audio/audio_encoding.h"

namespace hearth {
namespace {

struct EncodingName {
  AudioEncoding encoding;
  std::string_view name;
  std::string_view media_type;
};
constexpr std::array<EncodingName, 6> kEncodings = {{{AudioEncoding::kWav, "wav", "audio/wav"},
                                                     {AudioEncoding::kFlac, "flac", "audio/flac"},
                                                     {AudioEncoding::kOggVorbis, "ogg", "audio/ogg"},
                                                     {AudioEncoding::kOggOpus, "opus", "audio/ogg"},
                                                     {AudioEncoding::kPcm, "pcm", "audio/pcm"},
                                                     {AudioEncoding::kMp3, "mp3", "audio/mpeg"}}};

// Source: RFC 7845, section 5.1, and ISO/IEC 11172-3 and 13818-3.
constexpr std::array<std::uint32_t, 5> kOpusRates = {8'000, 12'000, 16'000, 24'000, 48'000};
constexpr std::array<std::uint32_t, 6> kMp3Rates = {16'000, 22'050, 24'000, 32'000, 44'100, 48'000};

std::uint32_t nearest_above(std::span<const std::uint32_t> rates, std::uint32_t wanted) {
  const auto found = std::ranges::lower_bound(rates, wanted);
  return found == rates.end() ? rates.back() : *found;
}

}  // namespace

std::string_view audio_encoding_name(AudioEncoding encoding) {
  return kEncodings[static_cast<std::size_t>(encoding)].name;
}

std::string_view audio_media_type(AudioEncoding encoding) {
  return kEncodings[static_cast<std::size_t>(encoding)].media_type;
}

std::optional<AudioEncoding> audio_encoding_named(std::string_view name) {
  const auto* found = std::ranges::find(kEncodings, name, &EncodingName::name);
  if (found == kEncodings.end()) return std::nullopt;
  return found->encoding;
}

std::optional<AudioEncoding> audio_encoding_of_name(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string ending(file_name.substr(dot + 1));
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return audio_encoding_named(ending);
}

Result<std::vector<std::byte>> encode_audio(std::span<const float> samples, std::uint32_t sample_rate_hz,
                                            AudioEncoding encoding) {
  if (samples.empty()) return fail(ErrorCode::kInvalidArgument, "there is no audio to write: it has 0 samples");
  MemoryOutput output;
  HEARTH_ASSIGN(encoder, AudioEncoder::create(output, sample_rate_hz, encoding));
  HEARTH_TRY(encoder->write(samples));
  HEARTH_TRY(encoder->finish());
  return std::move(output.bytes());
}

std::uint32_t encodable_rate(AudioEncoding encoding, std::uint32_t sample_rate_hz) {
  if (encoding == AudioEncoding::kOggOpus) return nearest_above(kOpusRates, sample_rate_hz);
  if (encoding == AudioEncoding::kMp3) return nearest_above(kMp3Rates, sample_rate_hz);
  return sample_rate_hz;
}

}  // namespace hearth
