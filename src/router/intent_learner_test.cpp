#include "router/intent_learner.h"

#include <gtest/gtest.h>

#include "router/features.h"
#include "router/intent_fixture.h"
#include "router/intent_head_file.h"

namespace hearth {
namespace {

using test::released_model;

// A user's own word for a thing: nobody else would know it.
constexpr const char* kOwnWords[] = {"do the zorbing on my notes",  "zorb my last mail",
                                     "please zorb this page",       "zorbing time: chapter two",
                                     "zorb what I wrote yesterday", "can you zorb the minutes"};

std::vector<IntentExample> examples_of(Intent intent) {
  std::vector<IntentExample> examples;
  for (const char* text : kOwnWords) {
    IntentExample example;
    example.request.text = text;
    example.intent = intent;
    examples.push_back(example);
  }
  return examples;
}

Intent told(const IntentModel& model, std::string_view text) {
  RouteRequest request;
  request.text = text;
  return model.classify(request, read_features(request)).intent;
}

TEST(IntentLearner, learns_a_users_own_word_and_forgets_nothing_else) {
  const auto model = released_model();
  const auto learned = learn_head(model, examples_of(Intent::kTts));
  ASSERT_TRUE(learned) << to_string(learned.error());
  const auto& report = learned->report;
  EXPECT_EQ(report.n_examples, 6U);
  EXPECT_EQ(report.right_after, 6U);
  EXPECT_GE(report.replay_after * 100, report.replay_before * 98);
  const IntentModel taught(model.weights(), learned->head);
  // Sentences that it has not seen, with the word in them: some of them as before, since six examples tell little.
  int n_told = 0;
  for (const char* text : {"zorb the first page", "zorb the minutes of today", "zorb my notes from today",
                           "please zorb the last mail", "could you zorb what he wrote"}) {
    EXPECT_NE(told(model, text), Intent::kTts) << text;
    n_told += told(taught, text) == Intent::kTts ? 1 : 0;
  }
  EXPECT_GE(n_told, 3);
  EXPECT_EQ(told(taught, "Write a Python function that merges two sorted lists"), Intent::kCode);
  EXPECT_EQ(told(taught, "Set an alarm for six thirty tomorrow morning"), Intent::kToolUse);
}

TEST(IntentLearner, is_deterministic_and_leaves_the_other_heads_alone) {
  const auto model = released_model();
  const auto a = learn_head(model, examples_of(Intent::kSummarize));
  const auto b = learn_head(model, examples_of(Intent::kSummarize));
  ASSERT_TRUE(a && b);
  EXPECT_EQ(a->head.weight, b->head.weight);
  EXPECT_EQ(a->head.weight[kDegradeOutput], model.head().weight[kDegradeOutput]);
  EXPECT_EQ(a->head.bias[kDifficultyOutput], model.head().bias[kDifficultyOutput]);
}

TEST(IntentLearner, refuses_no_examples) {
  const auto learned = learn_head(released_model(), {});
  ASSERT_FALSE(learned);
  EXPECT_EQ(learned.error().code, ErrorCode::kInvalidArgument);
}

TEST(IntentLearner, refuses_to_forget) {
  const auto model = released_model();
  LearnOptions reckless;
  reckless.example_share = 1;
  reckless.keep = 0;
  reckless.step = 1;
  const auto learned = learn_head(model, examples_of(Intent::kRouteOnly), reckless);
  ASSERT_FALSE(learned);
  EXPECT_EQ(learned.error().code, ErrorCode::kVerificationFailed);
}

TEST(LearnedHeads, come_back_from_bytes_and_keep_the_newest_eight) {
  LearnedHeads learned{42, {}};
  for (int i = 0; i < 10; ++i) {
    IntentHead head;
    head.bias[0] = static_cast<float>(i);
    learned.heads.push_back(head);
  }
  const std::string bytes = to_bytes(learned);
  const auto read = read_learned_heads(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_EQ(read->weights_checksum, 42U);
  ASSERT_EQ(read->heads.size(), kLearnedHeadsMax);
  EXPECT_EQ(read->heads.back().bias[0], 9.0F);
}

TEST(LearnedHeads, damage_is_refused) {
  const std::string bytes = to_bytes({42, {IntentHead{}}});
  for (const std::size_t n : {std::size_t{0}, std::size_t{31}, std::size_t{32}, bytes.size() - 1})
    EXPECT_FALSE(read_learned_heads(std::as_bytes(std::span(bytes)).first(n)));
  std::string flipped = bytes;
  flipped[100] = static_cast<char>(flipped[100] ^ 1);
  const auto read = read_learned_heads(std::as_bytes(std::span(flipped)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kInvalidData);
}

}  // namespace
}  // namespace hearth
