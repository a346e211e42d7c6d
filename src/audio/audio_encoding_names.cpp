#include <algorithm>
#include <array>
#include <string>

#include "audio/audio_encoding.h"

namespace hearth {
namespace {

struct EncodingName {
  AudioEncoding encoding;
  std::string_view name;
};
constexpr std::array<EncodingName, 5> kEncodings = {{{AudioEncoding::kWav, "wav"},
                                                     {AudioEncoding::kFlac, "flac"},
                                                     {AudioEncoding::kOggVorbis, "ogg"},
                                                     {AudioEncoding::kOggOpus, "opus"},
                                                     {AudioEncoding::kPcm, "pcm"}}};

}  // namespace

std::string_view audio_encoding_name(AudioEncoding encoding) {
  return kEncodings[static_cast<std::size_t>(encoding)].name;
}

std::optional<AudioEncoding> audio_encoding_of_name(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  if (dot == std::string_view::npos) return std::nullopt;
  std::string ending(file_name.substr(dot + 1));
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const auto* found = std::ranges::find(kEncodings, std::string_view(ending), &EncodingName::name);
  if (found == kEncodings.end()) return std::nullopt;
  return found->encoding;
}

}  // namespace hearth
