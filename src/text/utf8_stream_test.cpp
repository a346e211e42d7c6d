#include "text/utf8_stream.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(Utf8Stream, holds_back_a_character_split_over_pushes) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("a\xE2"), "a");
  EXPECT_EQ(stream.push("\x82"), "");
  EXPECT_EQ(stream.push("\xAC!"), "\xE2\x82\xAC!");
  EXPECT_EQ(stream.finish(), "");
}

TEST(Utf8Stream, every_cut_of_valid_text_gives_the_text) {
  const std::string text = "h\xC3\xA9 \xE6\xB0\xB4 \xF0\x9F\x94\xA5.";
  for (std::size_t a = 0; a <= text.size(); ++a) {
    for (std::size_t b = a; b <= text.size(); ++b) {
      Utf8Stream stream;
      std::string out = stream.push(text.substr(0, a));
      out += stream.push(text.substr(a, b - a));
      out += stream.push(text.substr(b));
      out += stream.finish();
      ASSERT_EQ(out, text);
    }
  }
}

TEST(Utf8Stream, replaces_what_can_never_be_valid) {
  EXPECT_EQ(utf8_sanitized("\xFFok"), "\xEF\xBF\xBDok");
  EXPECT_EQ(utf8_sanitized("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");       // overlong
  EXPECT_EQ(utf8_sanitized("\xED\xA0\x80").substr(0, 3), "\xEF\xBF\xBD");  // surrogate
  EXPECT_EQ(utf8_sanitized("a\xE2\x82"), "a\xEF\xBF\xBD");                 // cut off at the end
}

TEST(Utf8Stream, complete_prefix_stops_before_a_half_character) {
  EXPECT_EQ(utf8_complete_prefix("abc"), 3U);
  EXPECT_EQ(utf8_complete_prefix("ab\xF0\x9F"), 2U);
}

}  // namespace
}  // namespace hearth
