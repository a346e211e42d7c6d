#include "serve/base64.h"

#include <array>
#include <cstdint>

namespace hearth::serve {
namespace {

constexpr std::uint8_t kNoLetter = 0xFF;

constexpr std::array<std::uint8_t, 256> letter_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoLetter);
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kLetters.size(); ++i)
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::uint8_t>(i);
  values[static_cast<unsigned char>('-')] = 62;
  values[static_cast<unsigned char>('_')] = 63;
  return values;
}

constexpr auto kValues = letter_values();

}  // namespace

Result<std::string> decode_base64(std::string_view text) {
  if (text.starts_with("data:")) {
    const auto comma = text.find(',');
    if (comma == std::string_view::npos || text.substr(0, comma).find(";base64") == std::string_view::npos)
      return fail(ErrorCode::kInvalidArgument, "the data URL is not in base64", "write data:image/jpeg;base64,...");
    text.remove_prefix(comma + 1);
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t group = 0;
  unsigned n_bits = 0;
  std::size_t n_letters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r' || c == ' ' || c == '=') continue;
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNoLetter)
      return fail(ErrorCode::kInvalidArgument, "byte " + std::to_string(i) + " of the picture is no base64",
                  "send the file's bytes in base64");
    group = (group << 6U) | value;
    n_bits += 6;
    ++n_letters;
    if (n_bits < 8) continue;
    n_bits -= 8;
    bytes += static_cast<char>(group >> n_bits & 0xFFU);
  }
  if (n_letters % 4 == 1) return fail(ErrorCode::kInvalidArgument, "the picture's base64 is cut off", "send all of it");
  return bytes;
}

}  // namespace hearth::serve
