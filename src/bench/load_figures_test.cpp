#include "bench/load_figures.h"

#include <gtest/gtest.h>

namespace hearth::bench {
namespace {

StreamSample stream(double ttft_ms, std::vector<double> gaps_ms) {
  StreamSample sample{.ttft_ms = ttft_ms, .prompt_tokens = 100};
  sample.completion_tokens = static_cast<std::uint32_t>(gaps_ms.size()) + 1;
  sample.gaps_ms = std::move(gaps_ms);
  return sample;
}

TEST(Percentiles, are_values_by_nearest_rank) {
  std::vector<double> values;
  for (int i = 100; i > 0; --i) values.push_back(i);
  const auto found = percentiles(values);
  EXPECT_EQ(found.p50, 50);
  EXPECT_EQ(found.p95, 95);
  EXPECT_EQ(found.p99, 99);
  EXPECT_EQ(found.max, 100);
  EXPECT_EQ(percentiles({7}).p99, 7);
  EXPECT_EQ(percentiles({}).max, 0);
}

TEST(LoadFigures, count_failures_and_nothing_of_them) {
  LoadResult load{.streams = {stream(200, {10, 10}), {.completion_tokens = 5, .error = "no room"}}, .window_ms = 1000};
  const auto figures = load_figures(load);
  EXPECT_EQ(figures.requests, 2U);
  EXPECT_EQ(figures.failed, 1U);
  EXPECT_EQ(figures.completion_tokens, 3U);
  EXPECT_EQ(figures.completion_tok_s, 3);
  EXPECT_EQ(figures.total_tok_s, 103);
  EXPECT_EQ(figures.ttft_ms.max, 200);
}

TEST(LoadFigures, prefill_counts_only_computed_tokens) {
  auto sample = stream(500, {20});
  sample.cached_tokens = 50;
  const auto figures = load_figures({.streams = {sample}, .window_ms = 600});
  EXPECT_EQ(figures.prefill_tok_s, 100);
  EXPECT_EQ(figures.decode_tok_s, 50);
}

TEST(LoadFigures, a_gap_is_too_long_above_the_larger_of_floor_and_ratio) {
  std::vector<double> steady(20, 10.0), stalled = steady, slow(20, 100.0), hung = slow;
  steady.push_back(499);   // 50 times the median, below the floor
  stalled.push_back(501);  // above the floor
  slow.push_back(799);     // above the floor, below 8 times the median
  hung.push_back(801);
  const auto figures =
      load_figures({.streams = {stream(1, steady), stream(1, stalled), stream(1, slow), stream(1, hung)}});
  EXPECT_EQ(figures.streams_over_gap_bound, 2U);
  EXPECT_EQ(figures.worst_gap_ms, 801);
  EXPECT_NEAR(figures.worst_gap_to_median, 50.1, 1e-9);
}

TEST(StreamSample, tpot_is_last_minus_first_over_the_rest) {
  EXPECT_EQ(stream(1, {10, 20, 30}).tpot_ms(), 20);
  auto bursts = stream(1, {10, 30});  // two events brought five tokens
  bursts.completion_tokens = 5;
  EXPECT_EQ(bursts.tpot_ms(), 10);
  EXPECT_EQ(stream(1, {}).tpot_ms(), 0);
}

}  // namespace
}  // namespace hearth::bench
