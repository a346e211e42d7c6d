#include "text/logprobs.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

namespace hearth {
namespace {

TEST(Logprobs, are_the_log_of_the_softmax) {
  const std::array logits{std::log(0.5F) + 9, std::log(0.2F) + 9, std::log(0.3F) + 9};
  const auto step = top_logprobs(logits, 1, 2);
  EXPECT_NEAR(step.chosen.logprob, std::log(0.2F), 1e-5);
  ASSERT_EQ(step.top.size(), 2U);
  EXPECT_EQ(step.top[0].token, 0);
  EXPECT_EQ(step.top[1].token, 2);
  EXPECT_NEAR(step.top[1].logprob, std::log(0.3F), 1e-5);
}

TEST(Logprobs, sum_to_one_and_bear_nan_infinity_and_equals) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  const std::array logits{1.0F, nan, 2.0F, -infinity, 2.0F, 300.0F};
  const auto step = top_logprobs(logits, 3, 99);
  ASSERT_EQ(step.top.size(), logits.size());
  double sum = 0;
  for (const auto& entry : step.top) sum += std::exp(static_cast<double>(entry.logprob));
  EXPECT_NEAR(sum, 1, 1e-6);
  EXPECT_EQ(step.top[1].token, 2);
  EXPECT_EQ(step.top[2].token, 4);
  EXPECT_TRUE(std::isinf(step.chosen.logprob));
  EXPECT_TRUE(top_logprobs(logits, 0, 0).top.empty());
}

}  // namespace
}  // namespace hearth
