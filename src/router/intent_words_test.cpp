#include "router/intent_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "router/intent_fixture.h"

namespace hearth {
namespace {

using test::released_model;

const IntentModel& model() {
  static const IntentModel released = released_model();
  return released;
}

TokenFlow tokens_of(std::string_view text) {
  TextWindow window;
  read_window(text, window);
  TokenFlow tokens;
  read_tokens(window, tokens);
  return tokens;
}

WordPieces pieces_of(std::string_view text) {
  WordPieces pieces;
  read_word_pieces(model().weights(), tokens_of(text), pieces);
  return pieces;
}

std::vector<float> pooled(std::string_view text) {
  std::vector<float> out(kWordInputs);
  pool_words(model().weights(), pieces_of(text), out.data());
  return out;
}

std::vector<float> signals_of(std::string_view text) {
  std::vector<float> out(kSignalCount);
  read_signals(model().weights(), tokens_of(text), out.data());
  return out;
}

TEST(IntentWords, pieces_come_in_order_with_their_distance_from_both_edges) {
  const auto pieces = pieces_of("please summarize the report");
  ASSERT_GE(pieces.n, 4U);
  EXPECT_EQ(pieces.from_start[0], 0);
  EXPECT_EQ(pieces.from_end[0], 3);
  EXPECT_EQ(pieces.from_start[pieces.n - 1], 3);
  EXPECT_EQ(pieces.from_end[pieces.n - 1], 0);
}

TEST(IntentWords, what_lies_between_the_edges_is_passed_over) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "the ";
  EXPECT_EQ(pieces_of(text).n, 2 * kIntentEdgeTokens);
}

TEST(IntentWords, a_hostile_text_has_a_bounded_number_of_pieces) {
  std::string text;
  for (int i = 0; i < 48; ++i) text += "qxzjvkwqxzjvkwqxzjvkwqxz ";
  EXPECT_LE(pieces_of(text).n, kWordPiecesMax);
}

TEST(IntentWords, a_text_without_known_pieces_pools_to_nothing) {
  for (const char* text : {"", "图书馆", "🙂"}) {
    const auto out = pooled(text);
    EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](float v) { return v == 0; })) << text;
  }
}

TEST(IntentWords, order_tells) {
  EXPECT_NE(pooled("write a story from this summary"), pooled("write a summary from this story"));
}

TEST(IntentWords, signals_count_words_of_effort_numbers_and_length) {
  EXPECT_FLOAT_EQ(signals_of("prove it rigorously")[0], 1.0F);
  EXPECT_FLOAT_EQ(signals_of("my lamp")[0], 0.0F);
  EXPECT_FLOAT_EQ(signals_of("2 and 30 and 400")[kSignalLists], 0.5F);
  EXPECT_GT(signals_of("one two three four")[kSignalLists + 1], signals_of("one")[kSignalLists + 1]);
  for (const float v : signals_of(std::string(5000, '7') + " 1 2 3 4 5 6 7 8 9")) EXPECT_LE(v, 1.0F);
}

}  // namespace
}  // namespace hearth
