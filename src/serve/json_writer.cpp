#include "serve/json_writer.h"

#include <array>
#include <cmath>

#include "text/utf8_stream.h"

namespace hearth::serve {
namespace {

// 0: as it is; 'u': \u00XX; else the letter after the backslash. Source: RFC 8259, section 7.
constexpr std::array<char, 128> make_escapes() {
  std::array<char, 128> table{};
  for (std::size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}
constexpr std::array<char, 128> kEscapes = make_escapes();

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::size_t begin = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c >= 0x80 || kEscapes[c] == 0) continue;
    out.append(text, begin, at - begin);
    begin = at + 1;
    out += '\\';
    out += kEscapes[c];
    if (kEscapes[c] != 'u') continue;
    out += "00";
    out += kHex[c >> 4U];
    out += kHex[c & 0xFU];
  }
  out.append(text, begin);
}

bool is_ascii(std::string_view text) {
  unsigned char all = 0;
  for (const char c : text) all |= static_cast<unsigned char>(c);
  return all < 0x80;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  if (is_ascii(text)) {
    append_escaped(out, text);
  } else {
    append_escaped(out, utf8_sanitized(text));
  }
  out += '"';
}

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

void append_json_number(std::string& out, float value) {
  if (!std::isfinite(value)) value = 0;
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_sse_data(std::string& out, std::string_view json) {
  out += "data: ";
  out += json;
  out += "\n\n";
}

void append_sse_event(std::string& out, std::string_view type, std::string_view json) {
  out += "event: ";
  out += type;
  out += '\n';
  append_sse_data(out, json);
}

}  // namespace hearth::serve
