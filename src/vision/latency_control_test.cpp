#include "vision/latency_control.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>

namespace hearth {
namespace {

// A plant whose latency is what `cost_ms` says of the resolution. Returns the decisions of n frames.
std::vector<LatencyDecision> simulate(LatencyController& controller, int n_frames,
                                      const std::function<double(std::int32_t)>& cost_ms) {
  std::vector<LatencyDecision> decisions;
  for (int i = 0; i < n_frames; ++i) {
    decisions.push_back(controller.next());
    if (decisions.back().process) controller.measured(cost_ms(decisions.back().resolution));
  }
  return decisions;
}

double by_pixels(std::int32_t side, double at_640_ms) { return at_640_ms * side * side / (640.0 * 640.0); }

TEST(LatencyController, stays_at_the_top_while_it_keeps_the_budget) {
  LatencyController controller({.budget_ms = 100});
  for (const auto& decision : simulate(controller, 200, [](std::int32_t side) { return by_pixels(side, 90); })) {
    EXPECT_EQ(decision.resolution, 640);
    EXPECT_TRUE(decision.process);
    EXPECT_FALSE(decision.changed);
  }
}

TEST(LatencyController, goes_down_to_the_first_rung_that_fits_and_stays) {
  LatencyController controller({.budget_ms = 50});
  const auto decisions = simulate(controller, 300, [](std::int32_t side) { return by_pixels(side, 100); });
  EXPECT_EQ(decisions.back().resolution, 416) << "512: 64 ms, 416: 42 ms";
  EXPECT_EQ(decisions.back().skip, 0U);
  int changes = 0;
  for (const auto& decision : decisions) {
    changes += decision.changed ? 1 : 0;
    EXPECT_EQ(decision.changed, !decision.reason.empty());
  }
  EXPECT_EQ(changes, 2);
}

TEST(LatencyController, passes_frames_over_when_the_smallest_rung_is_too_slow) {
  LatencyController controller({.budget_ms = 10});
  const auto decisions = simulate(controller, 400, [](std::int32_t) { return 28.0; });
  EXPECT_EQ(controller.resolution(), 224);
  EXPECT_EQ(controller.skip(), 2U) << "28 ms over three frames are 9.3 ms each";
  int processed = 0;
  for (std::size_t i = decisions.size() - 90; i < decisions.size(); ++i) processed += decisions[i].process ? 1 : 0;
  EXPECT_EQ(processed, 30);
}

TEST(LatencyController, skipping_is_bounded) {
  LatencyController controller({.budget_ms = 1, .skip_max = 3});
  (void)simulate(controller, 2000, [](std::int32_t) { return 1000.0; });
  EXPECT_EQ(controller.skip(), 3U);
}

TEST(LatencyController, comes_back_up_slower_than_it_went_down) {
  LatencyController controller({.budget_ms = 50});
  (void)simulate(controller, 100, [](std::int32_t side) { return by_pixels(side, 200); });
  const auto low = controller.resolution();
  EXPECT_LT(low, 416);
  const auto soon = simulate(controller, 20, [](std::int32_t side) { return by_pixels(side, 20); });
  EXPECT_EQ(soon.back().resolution, low);
  const auto later = simulate(controller, 400, [](std::int32_t side) { return by_pixels(side, 20); });
  EXPECT_EQ(later.back().resolution, 640);
}

TEST(LatencyController, one_slow_frame_changes_nothing) {
  LatencyController controller({.budget_ms = 100});
  int n = 0;
  const auto decisions = simulate(controller, 100, [&](std::int32_t) { return ++n % 20 == 0 ? 180.0 : 60.0; });
  EXPECT_EQ(decisions.back().resolution, 640);
}

TEST(LatencyController, a_step_up_that_fails_is_tried_less_and_less_often) {
  // 320 fits, and its next rung looks as if it did.
  LatencyController controller({.budget_ms = 50});
  const auto decisions = simulate(controller, 3000, [](std::int32_t side) { return side >= 416 ? 70.0 : 20.0; });
  int ups = 0;
  for (std::size_t i = 1; i < decisions.size(); ++i)
    ups += decisions[i].resolution > decisions[i - 1].resolution ? 1 : 0;
  EXPECT_LE(ups, 12) << "30 frames of wait would be some 80 tries";
  EXPECT_GE(ups, 2);
}

TEST(LatencyController, a_model_of_one_size_only_passes_frames_over) {
  LatencyController controller({.budget_ms = 10, .rungs = {416}});
  (void)simulate(controller, 100, [](std::int32_t) { return 19.0; });
  EXPECT_EQ(controller.resolution(), 416);
  EXPECT_EQ(controller.skip(), 1U);
}

TEST(LatencyController, what_is_no_latency_is_ignored) {
  LatencyController controller({.budget_ms = 10});
  for (int i = 0; i < 100; ++i) {
    (void)controller.next();
    controller.measured(-1);
    controller.measured(std::numeric_limits<double>::quiet_NaN());
  }
  EXPECT_EQ(controller.resolution(), 640);
}

}  // namespace
}  // namespace hearth
