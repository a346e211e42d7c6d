#include "text/sampler.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace hearth {
namespace {

SamplingOptions neutral() {
  SamplingOptions o;
  o.temperature = 1.0F;
  o.top_k = 0;
  o.top_p = 1.0F;
  o.min_p = 0.0F;
  return o;
}

TEST(Sampler, temperature_zero_takes_the_first_largest) {
  SamplingOptions o;
  o.temperature = 0;
  Sampler sampler(o);
  EXPECT_EQ(sampler.sample(std::array{0.1F, 3.0F, 3.0F, -1.0F}), 1);
}

TEST(Sampler, nan_is_never_picked) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(argmax(std::array{nan, nan, -5.0F}), 2);
  Sampler sampler(neutral());
  for (int i = 0; i < 50; ++i) EXPECT_NE(sampler.sample(std::array{nan, 1.0F, 0.5F}), 0);
}

TEST(Sampler, same_seed_gives_the_same_tokens) {
  auto o = neutral();
  o.seed = 42;
  Sampler a(o);
  Sampler b(o);
  const std::array logits{0.0F, 0.1F, 0.2F, 0.3F};
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.sample(logits), b.sample(logits));
}

TEST(Sampler, draws_follow_the_softmax) {
  Sampler sampler(neutral());
  const std::array logits{std::log(0.5F), std::log(0.3F), std::log(0.2F)};
  std::map<Token, int> seen;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) ++seen[sampler.sample(logits)];
  // Five standard deviations of a binomial at this n are below 0.018.
  EXPECT_NEAR(seen[0] / double{kDraws}, 0.5, 0.018);
  EXPECT_NEAR(seen[1] / double{kDraws}, 0.3, 0.018);
  EXPECT_NEAR(seen[2] / double{kDraws}, 0.2, 0.018);
}

TEST(Sampler, top_k_top_p_and_min_p_cut_the_tail) {
  const std::array logits{std::log(0.6F), std::log(0.25F), std::log(0.1F), std::log(0.05F)};
  auto k = neutral();
  k.top_k = 2;
  auto p = neutral();
  p.top_p = 0.8F;
  auto m = neutral();
  m.min_p = 0.2F;  // keeps p >= 0.12
  for (const auto& o : {k, p, m}) {
    Sampler sampler(o);
    for (int i = 0; i < 500; ++i) EXPECT_LT(sampler.sample(logits), 2);
  }
}

TEST(Sampler, repeat_penalty_turns_away_from_what_was_said) {
  SamplingOptions o;
  o.temperature = 0;
  o.repeat_penalty = 2.0F;
  o.penalty_last_n = 2;
  Sampler sampler(o);
  const std::array logits{1.5F, 1.0F, -1.0F};
  EXPECT_EQ(sampler.sample(logits), 0);
  sampler.accept(0);
  EXPECT_EQ(sampler.sample(logits), 1);
  sampler.accept(2);
  sampler.accept(2);  // the window has forgotten token 0
  EXPECT_EQ(sampler.sample(logits), 0);
}

}  // namespace
}  // namespace hearth
