#include "text/ngram_draft.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

using Tokens = std::vector<Token>;

TEST(NgramDraft, drafts_what_followed_the_longest_repetition) {
  NgramDraft draft;
  draft.accept(Tokens{1, 2, 3, 4, 5, 9, 3, 4, 7, 1, 2, 3, 4});
  // "3 4" was last followed by 7, the longer "1 2 3 4" by 5 9 3.
  EXPECT_EQ(draft.draft(3), (Tokens{5, 9, 3}));
}

TEST(NgramDraft, of_equal_length_the_latest_wins) {
  NgramDraft draft;
  draft.accept(Tokens{1, 2, 8, 1, 2, 9, 1, 2});
  EXPECT_EQ(draft.draft(1), (Tokens{9}));
}

TEST(NgramDraft, nothing_repeated_nothing_drafted) {
  NgramDraft draft;
  EXPECT_TRUE(draft.draft(8).empty());
  draft.accept(Tokens{1, 2, 3, 4, 5, 5});
  EXPECT_TRUE(draft.draft(8).empty());
  EXPECT_EQ(draft.facts().drafts, 0U);
}

TEST(NgramDraft, limits_hold) {
  NgramDraftOptions options;
  options.tokens_max = 4;
  NgramDraft draft(options);
  for (Token i = 0; i < 40; ++i) draft.accept(i % 10);
  EXPECT_EQ(draft.draft(100).size(), 4U);
  EXPECT_EQ(draft.draft(2).size(), 2U);
  EXPECT_TRUE(draft.draft(0).empty());
}

// Says `text`, checking drafts as a model would; gives the number of steps.
std::size_t say(NgramDraft& draft, const Tokens& text) {
  std::size_t steps = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto guess = draft.draft(8);
    std::size_t agreed = 0;
    while (agreed < guess.size() && at + agreed < text.size() && guess[agreed] == text[at + agreed]) ++agreed;
    draft.report(agreed);
    // The model's own token after the agreed ones comes for free.
    const std::size_t n = std::min(agreed + 1, text.size() - at);
    for (std::size_t i = 0; i < n; ++i) draft.accept(text[at + i]);
    at += n;
    ++steps;
  }
  return steps;
}

TEST(NgramDraft, repeated_text_takes_few_steps) {
  Tokens text;
  std::mt19937_64 random(3);
  for (int i = 0; i < 200; ++i) text.push_back(static_cast<Token>(random() % 5000));
  NgramDraft draft;
  draft.accept(text);
  EXPECT_LT(say(draft, text), 40U);
  EXPECT_GT(draft.facts().acceptance(), 0.9);
  EXPECT_EQ(draft.facts().pauses, 0U);
}

TEST(NgramDraft, switches_off_where_it_loses_and_tries_again_more_and_more_rarely) {
  NgramDraftOptions options;
  options.gain.cost_per_token = 0.3;
  options.ngram_min = 1;
  NgramDraft draft(options);
  // Random text of few tokens repeats all the time, and never means anything.
  Tokens text;
  std::mt19937_64 random(4);
  for (int i = 0; i < 4000; ++i) text.push_back(static_cast<Token>(random() % 40));
  const std::size_t steps = say(draft, text);
  EXPECT_GE(draft.facts().pauses, 3U);
  EXPECT_LT(draft.facts().drafts, steps / 20);
}

TEST(NgramDraft, comes_back_when_the_text_begins_to_repeat) {
  NgramDraftOptions options;
  options.gain.cost_per_token = 0.3;
  options.ngram_min = 1;
  NgramDraft draft(options);
  Tokens text;
  std::mt19937_64 random(4);
  for (int i = 0; i < 300; ++i) text.push_back(static_cast<Token>(random() % 40));
  (void)say(draft, text);
  EXPECT_GE(draft.facts().pauses, 1U);
  const auto before = draft.facts().accepted;
  for (int round = 0; round < 5; ++round) (void)say(draft, text);
  EXPECT_GT(draft.facts().accepted - before, 500U);
}

}  // namespace
}  // namespace hearth
