// Follows JSON byte by byte: where a value ends, and where it stops being JSON.
#pragma once

#include <string>
#include <string_view>

#include "text/event_sink.h"
#include "text/markers.h"

namespace hearth {

// One JSON value (RFC 8259) without white space before it. Raw control characters in strings pass: models write line
// breaks there, and call_arguments_text() mends them. Nesting is limited to 128 and a number to 128 characters.
class JsonScanner {
 public:
  Step put(char c);
  void reset() { *this = {}; }
  // Whether the next byte stands inside a string.
  [[nodiscard]] bool in_string() const { return state_ == State::kString || state_ == State::kEscape; }

 private:
  enum class State { kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd, kString, kEscape, kHex, kScalar };
  Step start_value(char c);
  Step close(char c);
  Step end_of_value();
  Step end_of_scalar(char c);
  Step in_escape(char c);

  State state_ = State::kValue;
  bool string_is_key_ = false;
  int hex_left_ = 0;
  std::string scalar_;
  std::string stack_;  // '{' and '['
};

// Streams the arguments of a call: one JSON object, passed on as it comes. kFailed when it is none.
class ObjectStream {
 public:
  Step put(char c, CallEvents& out);
  void reset() { *this = {}; }

 private:
  JsonScanner scanner_;
  bool begun_ = false;
};

// `c` as it may stand in JSON at that place: control characters inside strings escaped.
[[nodiscard]] std::string json_byte(char c, bool in_string);

// The text as the inside of a JSON string: quotes, backslashes and control characters escaped, the rest untouched.
[[nodiscard]] std::string json_escaped(std::string_view text);

}  // namespace hearth
