#include "audio/word_errors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth {
namespace {

using ::testing::ElementsAre;

WordErrors errors(std::string_view reference, std::string_view transcript) {
  return count_word_errors(normalised_words(reference), normalised_words(transcript));
}

TEST(WordErrors, normalises_case_signs_and_apostrophes) {
  EXPECT_THAT(normalised_words("And so, my fellow Americans: ask -- what?"),
              ElementsAre("and", "so", "my", "fellow", "americans", "ask", "what"));
  EXPECT_THAT(normalised_words("the Alderman\xE2\x80\x99s 'own' pioneer\xE2\x80\x94the man"),
              ElementsAre("the", "alderman's", "own", "pioneer", "the", "man"));
  EXPECT_THAT(normalised_words("\xC3\x89t\xC3\xA9 \xE2\x82\xAC 5 na\xC3\xAFve"),
              ElementsAre("\xC3\xA9t\xC3\xA9", "5", "na\xC3\xAFve"));
  EXPECT_THAT(normalised_words("\xE4\xBD\xA0\xE5\xA5\xBD\xE3\x80\x82"), ElementsAre("\xE4\xBD\xA0\xE5\xA5\xBD"));
  EXPECT_THAT(normalised_words("one\xFFtwo \xE2\x82 three"), ElementsAre("one", "two", "three"));
  EXPECT_THAT(normalised_words(" \t\n.,!"), ElementsAre());
}

TEST(WordErrors, counts_each_kind_of_edit) {
  const auto all = errors("the cat sat on the mat", "a cat sat on mat today");
  EXPECT_EQ(all.n_reference, 6U);
  EXPECT_EQ(all.n_errors(), 3U);
  EXPECT_EQ(errors("a b c", "a c").deletions, 1U);
  EXPECT_EQ(errors("a c", "a b c").insertions, 1U);
  EXPECT_EQ(errors("a b c", "a x c").substitutions, 1U);
  EXPECT_DOUBLE_EQ(errors("a b c d", "a b c d").rate(), 0.0);
}

TEST(WordErrors, silence_and_nothing_said) {
  EXPECT_DOUBLE_EQ(errors("", "").rate(), 0.0);
  EXPECT_DOUBLE_EQ(errors("", "words out of nowhere").rate(), 1.0);
  EXPECT_DOUBLE_EQ(errors("all of it lost", "").rate(), 1.0);
}

TEST(WordErrors, add_up_over_texts) {
  WordErrors all = errors("a b c", "a b c");
  all += errors("d", "x y");
  EXPECT_EQ(all.n_reference, 4U);
  EXPECT_DOUBLE_EQ(all.rate(), 0.5);
}

TEST(WordErrors, plain_words_are_taken_as_they_are) {
  EXPECT_THAT(plain_words("  One,  two\tTHREE\n"), ElementsAre("One,", "two", "THREE"));
  EXPECT_THAT(plain_words("   "), ElementsAre());
}

}  // namespace
}  // namespace hearth
