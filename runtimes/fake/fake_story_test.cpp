#include "fake_story.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "hearth/sdk/error.h"

namespace hearth::fake {
namespace {

struct Told {
  explicit Told(const std::string& json)
      : script(parse_script(json, "x")), vocabulary(script), story(script, vocabulary) {}

  // What greedy sampling says to `prompt`, at most 50 tokens.
  std::string answer(const std::string& prompt) const {
    auto history = vocabulary.tokenize(prompt, true);
    std::string said;
    for (int i = 0; i < 50; ++i) {
      std::vector<float> row(vocabulary.size());
      story.logits(history, {}, row);
      const auto token = static_cast<hearth_token>(std::ranges::max_element(row) - row.begin());
      if ((vocabulary.attributes(token) & HEARTH_TOKEN_END) != 0) return said + "$";
      said += vocabulary.text(token);
      history.push_back(token);
    }
    return said;
  }

  Script script;
  Vocabulary vocabulary;
  Story story;
};

TEST(Story, an_answer_follows_its_prompt_and_ends) {
  const Told told(
      R"({"hearth_fake":1,"vocabulary":["na na"],"replies":[{"when":"ba","say":"nana na ba"}],"otherwise":{"rule":"end"}})");
  EXPECT_EQ(told.answer("ba"), "nana na ba$");
  EXPECT_EQ(told.answer("oh ba"), "nana na ba$");
  EXPECT_EQ(told.answer("ba na"), "$");
}

TEST(Story, only_the_last_turn_counts_when_there_is_a_turn_marker) {
  const Told told(
      R"({"hearth_fake":1,"turn_marker":"<a>","control_tokens":["<a>"],"otherwise":{"rule":"text","text":"?"},
                      "replies":[{"when":"one","say":"first"},{"when":"two","say":"second"}]})");
  EXPECT_EQ(told.answer("one<a>"), "first$");
  EXPECT_EQ(told.answer("one<a>first<|end|>two<a>"), "second$");
  EXPECT_EQ(told.answer("three<a>").front(), '?');
}

TEST(Story, logits_show_every_change_of_the_history) {
  const Told told(R"({"hearth_fake":1})");
  std::vector<float> a(told.vocabulary.size());
  auto b = a;
  const std::vector<hearth_token> one = {5, 6, 7}, swapped = {6, 5, 7};
  told.story.logits(one, {}, a);
  told.story.logits(swapped, {}, b);
  EXPECT_NE(a, b);
  told.story.logits(one, {}, b);
  EXPECT_EQ(a, b);
}

TEST(Vocabulary, round_trip_is_exact_for_any_bytes) {
  const Told told(R"({"hearth_fake":1,"vocabulary":["ab","abc"]})");
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  all += "abcabab</s>";
  for (const bool special : {false, true}) {
    std::string back;
    for (const auto token : told.vocabulary.tokenize(all, special)) back += told.vocabulary.text(token);
    EXPECT_EQ(back, all);
  }
  EXPECT_EQ(told.vocabulary.tokenize("</s>", true).size(), 1U);
  EXPECT_EQ(told.vocabulary.tokenize("</s>", false).size(), 4U);
  EXPECT_EQ(told.vocabulary.tokenize("abc", false).size(), 1U);
}

TEST(Vocabulary, refuses_doubled_and_too_short_tokens) {
  EXPECT_THROW(Told(R"({"hearth_fake":1,"vocabulary":["ab","ab"]})"), sdk::Error);
  EXPECT_THROW(Told(R"({"hearth_fake":1,"vocabulary":["a"]})"), sdk::Error);
  EXPECT_THROW(Told(R"({"hearth_fake":1,"control_tokens":["<s>"]})"), sdk::Error);
}

}  // namespace
}  // namespace hearth::fake
