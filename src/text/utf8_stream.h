// Turns bytes that arrive in arbitrary cuts into text that is always complete, valid UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace hearth {

// Tokens may end inside a character; a client must never see half of one. Externally synchronised.
class Utf8Stream {
 public:
  // Takes `bytes` and gives back what is complete so far. Bytes that can never become valid give U+FFFD.
  [[nodiscard]] std::string push(std::string_view bytes);
  // Ends the stream: an unfinished character gives U+FFFD.
  [[nodiscard]] std::string finish();

 private:
  std::string pending_;  // at most 3 bytes
};

// The length of the longest prefix of `bytes` that does not end inside a character.
[[nodiscard]] std::size_t utf8_complete_prefix(std::string_view bytes);

// The length of the longest prefix that is whole, valid UTF-8 without NUL: all of `bytes` where they are that.
[[nodiscard]] std::size_t utf8_plain_prefix(std::string_view bytes);

// `bytes` with every invalid sequence replaced by U+FFFD, for places (JSON) that accept nothing else.
[[nodiscard]] std::string utf8_sanitized(std::string_view bytes);

}  // namespace hearth
