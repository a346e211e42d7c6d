// Writes the JSON that goes out token by token: appended to one string, without a tree.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace hearth::serve {

// `text` with quotes. Bytes that are no UTF-8 become U+FFFD. Cost: one pass, and one more over text beyond ASCII.
void append_json_string(std::string& out, std::string_view text);
[[nodiscard]] std::string json_string(std::string_view text);

template <std::integral T>
void append_json_number(std::string& out, T value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}
// The shortest text that reads back as this float; 0 for what JSON can't say.
void append_json_number(std::string& out, float value);

// One server-sent event of unnamed type: "data: ...\n\n". `json` has no line breaks.
void append_sse_data(std::string& out, std::string_view json);
// One with a type: "event: ...\ndata: ...\n\n".
void append_sse_event(std::string& out, std::string_view type, std::string_view json);

}  // namespace hearth::serve
