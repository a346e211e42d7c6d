#include "text/spoken_english.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

std::unique_ptr<SpokenEnglish> english() {
  auto made = SpokenEnglish::create();
  EXPECT_TRUE(made) << to_string(made.error());
  return made ? std::move(*made) : nullptr;
}

struct Case {
  const char* written;
  const char* said;
};

TEST(SpokenEnglish, says_what_is_written_in_words) {
  const auto speech = english();
  ASSERT_NE(speech, nullptr);
  for (const auto& [written, said] : std::initializer_list<Case>{
           {"Plain words stay.", "Plain words stay."},
           {"It costs $3.50 or €1,200.", "It costs three dollars and fifty cents or one thousand two hundred euros."},
           {"$1.01 and £2 million", "one dollar and one cent and two million pounds"},
           {"On 2026-11-29 we met.", "On November twenty ninth, twenty twenty six we met."},
           {"Born 7/4/1984.", "Born July fourth, nineteen eighty four."},
           {"Nov. 3rd, 2021", "November third, twenty twenty one"},
           {"3 March 1999", "March third, nineteen ninety nine"},
           {"At 14:05 or 2:30 pm.", "At fourteen oh five or two thirty pee em."},
           {"9am", "nine ay em"},
           {"It is -5 °C, 100 km/h.", "It is minus five degrees Celsius, one hundred kilometers per hour."},
           {"1 km, 2.5kg and 50%", "one kilometer, two point five kilograms and fifty percent"},
           {"the 1st and the 22nd", "the first and the twenty second"},
           {"1/2, 3/4 and 2/3", "one half, three quarters and two thirds"},
           {"pages 5-10", "pages five to ten"},
           {"in 1984, the 1980s", "in nineteen eighty four, the nineteen eighties"},
           {"Dr. Smith lives on St. James St. now", "Doctor Smith lives on Saint James Street now"},
           {"3.14159", "three point one four one five nine"},
           {"1,234,567", "one million two hundred thirty four thousand five hundred sixty seven"},
           {"call 555-123-4567", "call five five five, one two three, four five six seven"},
           {"version 1.32.0", "version one point thirty two point zero"},
           {"007", "zero zero seven"},
           {"salt & pepper", "salt and pepper"},
           {"mail a@b.org", "mail a at b dot org"},
           {"see https://a.org/x.", "see a dot org slash x."},
           {"\xE2\x80\x9CWell\xE2\x80\x9D \xE2\x80\x94 yes", "Well, yes"},
           {"caf\xC3\xA9", "cafe"},
           {"\xD0\x9C\xD0\xB8\xD1\x80", "Mir"},
           {"\xF0\x9F\x98\x80 hi", "grinning face hi"},
           {"\xD9\xA1\xD9\xA2", "twelve"},
       }) {
    EXPECT_EQ(speech->words(written), said) << written;
  }
}

TEST(SpokenEnglish, spells_characters) {
  const auto speech = english();
  ASSERT_NE(speech, nullptr);
  EXPECT_EQ(speech->spelled("A1-b"), "ay, one, dash, bee");
  EXPECT_EQ(speech->spelled(" "), "");
}

TEST(SpokenEnglish, gives_plain_letters_for_any_text) {
  const auto speech = english();
  ASSERT_NE(speech, nullptr);
  std::mt19937 random(7);
  const std::string pieces[] = {"1",
                                "23",
                                "$",
                                "/",
                                "-",
                                ":",
                                "km",
                                " ",
                                ".",
                                ",",
                                "(",
                                "a",
                                "\xE2\x82\xAC",
                                "\xF0\x9F\x91\xA9",
                                "\xE4\xB8\xAD",
                                "st",
                                "%",
                                "@",
                                "st.",
                                "Dec",
                                "\xC2\xB0",
                                "99999999999999999999"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += pieces[random() % std::size(pieces)];
    const auto said = speech->words(text);
    for (const char c : said) {
      ASSERT_TRUE(c >= 0x20 && c < 0x7F) << text;
      ASSERT_FALSE(c >= '0' && c <= '9') << text << " -> " << said;
    }
  }
}

}  // namespace
}  // namespace hearth
