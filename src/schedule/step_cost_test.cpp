#include "schedule/step_cost.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

StepLoad load(double first, double count) {
  StepLoad l;
  l.add(first, count);
  return l;
}

double truth(const StepLoad& l) { return 0.015 + 0.0021 * l.tokens + 3e-8 * l.attended_cells; }

double noise(std::mt19937_64& random) { return 0.97 + 0.06 * static_cast<double>(random() % 1000) / 1000; }

TEST(StepCost, learns_a_linear_law_from_noisy_steps) {
  StepCost cost;
  std::mt19937_64 random(3);
  for (int i = 0; i < 400; ++i) {
    StepLoad l = load(static_cast<double>(random() % 4000), 8);
    if (i % 3 == 0) l.add(static_cast<double>(random() % 4000), 16.0 * static_cast<double>(1 + random() % 30));
    cost.observe(l, truth(l) * noise(random));
  }
  for (const double n : {1.0, 8.0, 64.0, 512.0}) {
    EXPECT_NEAR(cost.seconds(load(1000, n)) / truth(load(1000, n)), 1, 0.05) << n;
  }
}

TEST(StepCost, the_first_observation_sets_the_scale) {
  StepCost cost({1, 0.1, 0});
  cost.observe(load(0, 10), 0.2);
  EXPECT_NEAR(cost.seconds(load(0, 10)), 0.2, 1e-9);
}

TEST(StepCost, a_single_stall_does_not_spoil_it_but_a_slower_machine_is_noticed) {
  StepCost cost;
  for (int i = 0; i < 100; ++i) cost.observe(load(500, 8), truth(load(500, 8)));
  cost.observe(load(500, 8), 60);
  EXPECT_LT(cost.seconds(load(500, 8)), 2 * truth(load(500, 8)));
  for (int i = 0; i < 200; ++i) cost.observe(load(500, 8), 10 * truth(load(500, 8)));
  EXPECT_NEAR(cost.seconds(load(500, 8)) / (10 * truth(load(500, 8))), 1, 0.1);
}

TEST(StepCost, coefficients_never_become_negative) {
  StepCost cost;
  std::mt19937_64 random(9);
  for (int i = 0; i < 500; ++i) {
    const double n = static_cast<double>(1 + random() % 64);
    cost.observe(load(0, n), 1 / n);  // the more the quicker: no linear law
    ASSERT_GE(cost.seconds(load(0, 0)), 0);
    ASSERT_GE(cost.seconds(load(0, 500)), cost.seconds(load(0, 0)));
  }
}

TEST(StepCost, tokens_within_is_the_largest_number_that_stays_within) {
  StepCost cost({0.015, 0.0021, 3e-8});
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {
    const StepLoad before = load(static_cast<double>(random() % 2000), static_cast<double>(random() % 9));
    const auto first = static_cast<double>(random() % 30000);
    const double limit = static_cast<double>(random() % 1000) / 1000;
    const std::uint32_t n = cost.tokens_within(limit, before, first, 400);
    const auto at = [&](double count) {
      StepLoad l = before;
      l.add(first, count);
      return cost.seconds(l);
    };
    if (n > 0) {
      ASSERT_LE(at(n), limit + 1e-9);
    }
    if (n < 400) {
      ASSERT_GT(at(n + 1), limit - 1e-9);
    }
  }
}

}  // namespace
}  // namespace hearth
