#include "base/display_text.h"

#include <gtest/gtest.h>

namespace hearth {

TEST(DisplayText, keeps_words_of_any_script) { EXPECT_EQ(one_line("Qwen3 日本 é"), "Qwen3 日本 é"); }

TEST(DisplayText, a_line_stays_one_line) {
  EXPECT_EQ(one_line(" a\r\n\tb\x1b[31mc\x7f\xe2\x80\xa8"
                     "d "),
            "a b [31mc d");
}

TEST(DisplayText, direction_marks_go) {
  EXPECT_EQ(one_line("gpj.\xe2\x80\xae"
                     "exe"),
            "gpj. exe");
}

TEST(DisplayText, broken_utf8_becomes_the_replacement_character) {
  EXPECT_EQ(one_line("a\xff"
                     "b"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(one_line("\xed\xa0\x80").find('\xed'), std::string::npos);  // a surrogate
  EXPECT_EQ(one_line("\xc3"), "\xEF\xBF\xBD");                          // cut short
}

TEST(DisplayText, width_counts_columns) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("日本"), 4u);
  EXPECT_EQ(display_width("e\xcc\x81"), 1u);
}

}  // namespace hearth
