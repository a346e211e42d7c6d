#include "text/sentences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<SentenceSplitter> splitter() {
  auto made = SentenceSplitter::create();
  EXPECT_TRUE(made) << to_string(made.error());
  return made ? std::move(*made) : nullptr;
}

TEST(Sentences, end_at_stops_but_not_in_abbreviations_and_numbers) {
  const auto sentences = splitter();
  ASSERT_NE(sentences, nullptr);
  EXPECT_THAT(sentences->split("Dr. Smith paid $3.50. He left! Did he?", 400),
              ElementsAre("Dr. Smith paid $3.50.", "He left!", "Did he?"));
  EXPECT_THAT(sentences->split("A title\n\nThe text\ngoes on.", 400), ElementsAre("A title", "The text goes on."));
  EXPECT_THAT(sentences->split("The U.S. is big. Go. See No. 5, e.g. on Sat. Now.", 400),
              ElementsAre("The U.S. is big.", "Go.", "See No. 5, e.g. on Sat. Now."));
  EXPECT_THAT(sentences->split("\xE4\xBD\xA0\xE5\xA5\xBD\xE3\x80\x82\xE5\x86\x8D\xE8\xA7\x81\xE3\x80\x82", 400).size(),
              2U);
}

TEST(Sentences, nothing_gives_none) {
  const auto sentences = splitter();
  ASSERT_NE(sentences, nullptr);
  EXPECT_TRUE(sentences->split("", 400).empty());
  EXPECT_TRUE(sentences->split(" \n\n \t", 400).empty());
}

TEST(Sentences, long_ones_are_parted_at_commas_then_spaces_then_anywhere) {
  EXPECT_THAT(part_by_length("one two, three four five", 16), ElementsAre("one two,", "three four five"));
  EXPECT_THAT(part_by_length("one two three four", 10), ElementsAre("one two", "three four"));
  EXPECT_THAT(part_by_length("abcdefghij", 4), ElementsAre("abcd", "efgh", "ij"));
  EXPECT_THAT(part_by_length("\xC3\xA4\xC3\xA4\xC3\xA4", 5), ElementsAre("\xC3\xA4\xC3\xA4", "\xC3\xA4"));
}

TEST(Sentences, lose_nothing_but_white_space) {
  const auto sentences = splitter();
  ASSERT_NE(sentences, nullptr);
  std::mt19937 random(3);
  const std::string pieces[] = {"word",     " ",    ". ",  "\n", "\n\n", ", ", "\xF0\x9F\x98\x80",
                                "\xC3\xA9", "Mr. ", "9.5", "!"};
  const auto solid = [](std::string_view text) {
    std::string out;
    for (const char c : text)
      if (c != ' ' && c != '\n') out += c;
    return out;
  };
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 60; ++i) text += pieces[random() % std::size(pieces)];
    std::string joined;
    for (const auto& sentence : sentences->split(text, 24)) {
      ASSERT_LE(sentence.size(), 24U);
      ASSERT_FALSE(sentence.empty());
      joined += sentence;
    }
    ASSERT_EQ(solid(joined), solid(text));
  }
}

}  // namespace
}  // namespace hearth
