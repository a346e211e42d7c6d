#include "serve/base64.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace hearth::serve {
namespace {

constexpr std::uint8_t kNoLetter = 0xFF;

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::uint8_t, 256> letter_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoLetter);
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

void append_base64(std::string& out, std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    std::uint32_t group = 0;
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - at);
    for (std::size_t i = 0; i < 3; ++i) group = group << 8U | (i < n ? static_cast<unsigned char>(bytes[at + i]) : 0U);
    for (std::size_t i = 0; i < 4; ++i) out += i <= n ? kLetters[group >> (18 - 6 * i) & 63U] : '=';
  }
}

std::string encode_base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  append_base64(out, bytes);
  return out;
}

}  // namespace hearth::serve
