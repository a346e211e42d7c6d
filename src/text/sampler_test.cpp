#include "text/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <vector>

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

TEST(Sampler, bias_turns_the_choice_and_minus_100_forbids) {
  SamplingOptions o;
  o.temperature = 0;
  o.logit_bias = {{0, -1.0F}, {7, 50.0F}};
  EXPECT_EQ(Sampler(o).sample(std::array{3.0F, 2.5F, 0.0F}), 1);
  auto forbidding = neutral();
  forbidding.logit_bias = {{0, -100.0F}};
  Sampler sampler(forbidding);
  for (int i = 0; i < 200; ++i) EXPECT_NE(sampler.sample(std::array{300.0F, 1.0F, 1.0F}), 0);
}

TEST(Sampler, only_allowed_tokens_are_picked_even_when_all_speaks_against_them) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> logits(40, 5.0F);
  logits[33] = -infinity;
  logits[34] = std::numeric_limits<float>::quiet_NaN();
  const std::array<std::int32_t, 2> only_33{0, 1 << 1};
  const std::array<std::int32_t, 2> both{0, (1 << 1) | (1 << 2)};
  auto greedy = neutral();
  greedy.temperature = 0;
  greedy.logit_bias = {{33, -100.0F}};
  auto drawing = neutral();
  auto cut = neutral();
  cut.top_k = 5;
  for (const auto& o : {greedy, drawing, cut}) {
    Sampler sampler(o);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(sampler.sample(logits, only_33), 33);
      EXPECT_GE(sampler.sample(logits, both), 33);
      EXPECT_LE(sampler.sample(logits, both), 34);
    }
  }
}

TEST(Sampler, the_k_largest_are_kept_wherever_they_stand) {
  std::mt19937 random(7);
  auto o = neutral();
  o.top_k = 3;
  for (int round = 0; round < 50; ++round) {
    std::vector<float> logits(100);
    for (auto& l : logits) l = static_cast<float>(random() % 1000) / 100;
    std::vector<float> sorted = logits;
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    Sampler sampler(o);
    for (int i = 0; i < 20; ++i) EXPECT_GE(logits[static_cast<std::size_t>(sampler.sample(logits))], sorted[2]);
  }
}

// Values with many equals, NaN and both infinities.
std::vector<float> uneven_row(std::mt19937& random, std::size_t n) {
  std::vector<float> logits(n);
  for (auto& l : logits) {
    const auto kind = random() % 50;
    l = static_cast<float>(random() % 2000) / 100 - 10;
    if (kind == 0) l = std::numeric_limits<float>::quiet_NaN();
    if (kind == 1) l = -std::numeric_limits<float>::infinity();
  }
  return logits;
}

TEST(Sampler, rows_of_any_length_give_the_first_largest) {
  std::mt19937 random(11);
  for (const std::size_t n : {1U, 31U, 255U, 256U, 257U, 1000U, 65536U, 151936U}) {
    for (int round = 0; round < 5; ++round) {
      const auto logits = uneven_row(random, n);
      std::size_t best = 0;
      float value = -std::numeric_limits<float>::infinity();
      for (std::size_t i = 0; i < n; ++i) {
        if (logits[i] > value) value = logits[best = i];
      }
      EXPECT_EQ(argmax(logits), static_cast<Token>(best)) << n;
    }
  }
}

TEST(Sampler, a_long_row_draws_as_if_all_but_the_k_first_were_left_out) {
  std::mt19937 random(13);
  for (const std::size_t n : {300U, 32001U, 151936U}) {
    for (const std::uint32_t k : {2U, 40U, 500U}) {
      const auto logits = uneven_row(random, n);
      std::vector<std::size_t> order(n);
      std::iota(order.begin(), order.end(), 0);
      const auto value = [&](std::size_t i) {
        return std::isnan(logits[i]) ? -std::numeric_limits<float>::infinity() : logits[i];
      };
      std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return value(a) > value(b); });
      std::vector<float> kept(n, -std::numeric_limits<float>::infinity());
      for (std::size_t i = 0; i < std::min<std::size_t>(k, n); ++i) kept[order[i]] = logits[order[i]];
      auto cut = neutral();
      cut.seed = n;
      auto whole = cut;
      cut.top_k = k;
      Sampler a(cut);
      Sampler b(whole);
      for (int i = 0; i < 20; ++i) EXPECT_EQ(a.sample(logits), b.sample(kept)) << n << " " << k;
    }
  }
}

TEST(Sampler, a_row_with_little_to_say_gives_that) {
  std::vector<float> logits(20000, -std::numeric_limits<float>::infinity());
  auto o = neutral();
  o.top_k = 40;
  EXPECT_EQ(Sampler(o).sample(logits), 0);
  logits[12345] = -1e30F;
  EXPECT_EQ(Sampler(o).sample(logits), 12345);
  logits[777] = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Sampler(o).sample(logits), 777);
}

}  // namespace
}  // namespace hearth
