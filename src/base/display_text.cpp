#include "base/display_text.h"

#include <cstdint>

namespace hearth {
namespace {

constexpr char32_t kBroken = 0xFFFD;

struct Character {
  char32_t code = kBroken;
  std::size_t bytes = 1;
};

// Source: RFC 3629, section 3; overlong forms, surrogates and codes above 10FFFF are broken.
Character decode(std::string_view text) {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) return {};
  char32_t code = first & (0xFF >> (bytes + 1));
  for (std::size_t at = 1; at < bytes; ++at) {
    if ((byte(at) & 0xC0) != 0x80) return {};
    code = (code << 6) | (byte(at) & 0x3F);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF) return {};
  return {code, bytes};
}

// Controls, line and paragraph separators, byte order mark, direction marks and overrides. Source: Unicode 15.
bool is_invisible_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF || code == 0x061C ||
         (code & 0xFFFE) == 0xFFFE;
}

// Source: Unicode 15, combining blocks and East_Asian_Width W and F, by block.
int columns(char32_t code) {
  if ((code >= 0x0300 && code <= 0x036F) || (code >= 0x20D0 && code <= 0x20FF) || (code >= 0xFE00 && code <= 0xFE0F))
    return 0;
  const bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                    (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                    (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                    (code >= 0x1F300 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFD);
  return wide ? 2 : 1;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool blank = true;  // leading ones go
  while (!text.empty()) {
    const Character next = decode(text);
    const bool broken = next.code == kBroken && next.bytes == 1;
    const bool gap = next.code == ' ' || (!broken && is_invisible_control(next.code));
    if (!gap) out += broken ? std::string_view("\xEF\xBF\xBD") : text.substr(0, next.bytes);
    if (gap && !blank) out += ' ';
    blank = gap;
    text.remove_prefix(next.bytes);
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = decode(text);
    width += static_cast<std::size_t>(columns(next.code));
    text.remove_prefix(next.bytes);
  }
  return width;
}

}  // namespace hearth
