#include "router/intent_model.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "router/features.h"
#include "router/intent_fixture.h"

namespace hearth {
namespace {

using test::parity_rows;
using test::released_model;

// The weights are trained on what the Python reference computes; the program must compute the same.
TEST(IntentModel, equals_the_python_reference) {
  const auto model = released_model();
  const auto rows = parity_rows();
  ASSERT_GE(rows.size(), 60U);
  for (const auto& row : rows) {
    IntentHiddenLayer hidden;
    model.read_hidden(row.request, read_features(row.request).n_chars, hidden);
    for (std::size_t h = 0; h < kIntentHidden; ++h)
      ASSERT_NEAR(hidden[h], row.hidden[h], 1e-3) << row.text.substr(0, 80);
    const auto logits = logits_of(model.head(), hidden);
    for (std::size_t o = 0; o < kIntentOutputs; ++o)
      ASSERT_NEAR(logits[o], row.outputs[o], 5e-3) << row.text.substr(0, 80);
  }
}

TEST(IntentModel, probabilities_sum_to_one_and_the_likeliest_is_named) {
  const auto model = released_model();
  for (const auto& row : parity_rows()) {
    const auto verdict = model.classify(row.request, read_features(row.request));
    EXPECT_NEAR(std::accumulate(verdict.probability.begin(), verdict.probability.end(), 0.0F), 1.0F, 1e-4F);
    for (const float p : verdict.probability) EXPECT_LE(p, verdict.confidence);
    EXPECT_EQ(verdict.abstained, verdict.confidence < model.weights().abstain_below());
    EXPECT_GE(verdict.difficulty, 0.0F);
    EXPECT_LE(verdict.difficulty, 1.0F);
  }
}

struct Example {
  Intent intent;
  const char* text;
};
class PlainRequestTest : public testing::TestWithParam<Example> {};

TEST_P(PlainRequestTest, is_told) {
  const auto model = released_model();
  RouteRequest request;
  request.text = GetParam().text;
  EXPECT_EQ(to_string(model.classify(request, read_features(request)).intent), to_string(GetParam().intent))
      << request.text;
}

INSTANTIATE_TEST_SUITE_P(
    TenClasses, PlainRequestTest,
    testing::Values(Example{Intent::kChat, "Why do cats purr when they are happy?"},
                    Example{Intent::kCode, "Write a Python function that merges two sorted lists"},
                    Example{Intent::kVision, "Describe what you can see in this photo"},
                    Example{Intent::kStt, "Transcribe this voice recording into text"},
                    Example{Intent::kTts, "Read the following paragraph aloud in a calm voice"},
                    Example{Intent::kToolUse, "Set an alarm for six thirty tomorrow morning"},
                    Example{Intent::kLongForm, "Write a 1500 word essay about the history of glass"},
                    Example{Intent::kSummarize, "Summarize the article below in three bullet points"},
                    Example{Intent::kClassify, "Is the sentiment of this review positive or negative?"},
                    Example{Intent::kRouteOnly, "Which model are you running on right now?"}));

TEST(IntentModel, many_at_once_are_as_one_by_one) {
  const auto model = released_model();
  const auto rows = parity_rows();
  std::vector<RouteRequest> requests;
  std::vector<RouteFeatures> features;
  for (const auto& row : rows) {
    requests.push_back(row.request);
    features.push_back(read_features(row.request));
  }
  std::vector<IntentVerdict> verdicts(rows.size());
  model.classify(requests, features, verdicts);
  for (std::size_t i = 0; i < rows.size(); ++i)
    EXPECT_EQ(verdicts[i].probability, model.classify(requests[i], features[i]).probability);
}

}  // namespace
}  // namespace hearth
