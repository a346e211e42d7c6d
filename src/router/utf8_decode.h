// One code point out of bytes that nobody vouches for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace hearth {

inline constexpr char32_t kReplacementChar = 0xFFFD;

[[nodiscard]] constexpr bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// The code point at `at`, which moves behind it; U+FFFD and one byte where there is no valid one. `at` < text.size().
// Source: the Unicode Standard, table 3-7 (well-formed UTF-8).
[[nodiscard]] inline char32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at]);
  if (first < 0x80U) return static_cast<char32_t>(text[at++]);
  const std::size_t n = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : 2;
  if (first < 0xC2U || first > 0xF4U || at + n > text.size()) return ++at, kReplacementChar;
  auto c = static_cast<char32_t>(first & (0xFFU >> (n + 1)));
  for (std::size_t i = 1; i < n; ++i) {
    if (!is_utf8_continuation(text[at + i])) return ++at, kReplacementChar;
    c = (c << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
  }
  const char32_t least = n == 4 ? 0x10000 : n == 3 ? 0x800 : 0x80;
  if (c < least || c > 0x10FFFF || (c >= 0xD800 && c < 0xE000)) return ++at, kReplacementChar;
  at += n;
  return c;
}

}  // namespace hearth
