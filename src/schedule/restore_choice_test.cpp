#include "schedule/restore_choice.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

PrefixMatch blocks(CacheTier tier, std::uint32_t n, std::uint64_t bytes) {
  PrefixMatch match;
  for (std::uint32_t i = 0; i < n; ++i) match.segments.push_back({i + 1, tier, i, bytes, i * 256, (i + 1) * 256});
  return match;
}

TEST(RestoreChoice, a_fast_disk_is_read_and_a_slow_one_left_alone) {
  const StepCost prefill({0.02, 0.01, 0});  // some 100 tok/s
  const TransferCost fast(0.001, 500e6);
  const TransferCost slow(0.1, 1e6);
  RestoreCosts costs;
  costs.prefill = &prefill;
  costs.tiers[2] = &fast;
  const PrefixMatch match = blocks(CacheTier::kSsd, 15, 8 << 20);
  const RestoreChoice restored = choose_restore(match, 4000, costs);
  EXPECT_EQ(restored.segments, 15U);
  EXPECT_EQ(restored.tokens, 3840U);
  EXPECT_LT(restored.restore_s + restored.recompute_s, 2.5);
  costs.tiers[2] = &slow;
  EXPECT_EQ(choose_restore(match, 4000, costs).segments, 0U);
}

TEST(RestoreChoice, the_cut_is_where_the_sum_is_least) {
  const StepCost prefill({0, 0.001, 0});
  const TransferCost disk(0, 10e6);
  RestoreCosts costs;
  costs.prefill = &prefill;
  costs.tiers[2] = &disk;
  PrefixMatch match = blocks(CacheTier::kSsd, 4, 1'000'000);  // 0.1 s each against 0.256 s
  match.segments[2].bytes = 9'000'000;                        // 0.9 s: not worth passing
  const RestoreChoice choice = choose_restore(match, 1100, costs);
  EXPECT_EQ(choice.segments, 2U);
  EXPECT_EQ(choice.tokens, 512U);
}

TEST(RestoreChoice, live_cells_cost_nothing) {
  const StepCost prefill;
  RestoreCosts costs;
  costs.prefill = &prefill;
  EXPECT_EQ(choose_restore(blocks(CacheTier::kLive, 1, 1 << 30), 300, costs).tokens, 256U);
}

TEST(TransferCost, learns_latency_and_rate) {
  TransferCost cost(0.01, 100e6);
  for (int i = 0; i < 300; ++i) {
    const std::uint64_t bytes = (1ULL << 20) * static_cast<std::uint64_t>(1 + i % 32);
    cost.observe(bytes, 0.002 + static_cast<double>(bytes) / 1.5e9);
  }
  EXPECT_NEAR(cost.seconds(64 << 20), 0.002 + (64 << 20) / 1.5e9, 0.003);
}

}  // namespace
}  // namespace hearth
