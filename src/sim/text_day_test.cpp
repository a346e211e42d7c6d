// A day of load in simulated time: nothing may grow with the number of requests served.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "sim/text_plant.h"

namespace {

std::atomic<std::int64_t> live_blocks{0};

}  // namespace

// Blocks that are allocated and not freed: a leak of any size shows as a count.
void* operator new(std::size_t size) {
  void* block = std::malloc(size == 0 ? 1 : size);
  if (block == nullptr) throw std::bad_alloc();
  live_blocks.fetch_add(1, std::memory_order_relaxed);
  return block;
}
void operator delete(void* block) noexcept {
  if (block != nullptr) live_blocks.fetch_sub(1, std::memory_order_relaxed);
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace hearth {
namespace {

using testing::IsEmpty;

TEST(Day, of_random_load_keeps_memory_bounded_and_every_promise) {
  PlantOptions options;
  options.seed = 24;
  options.planner.cells = 2500;
  options.planner.cells_max = 5000;
  options.growth_fails = 0.3;
  options.cache_bytes = 20'000'000;
  TextPlant plant(options);
  ArrivalMix mix;
  mix.per_s = 0.27;
  mix.long_share = 0.02;
  mix.keys = 300;  // most are gone for a while before they come again
  mix.adapter_sets = 2;
  mix.families = 50;
  mix.leaving_share = 0.1;
  mix.deadline_share = 0.1;
  mix.answer_min = 16;
  mix.answer_max = 240;
  PoissonArrivals arrivals(mix, 24, plant.now());
  std::int64_t most_early = 0;
  std::int64_t most_late = 0;
  for (int hour = 0; hour < 24; ++hour) {
    for (int minute = 0; minute < 60; ++minute) {
      plant.run(arrivals, 60);
      ASSERT_THAT(plant.violations(), IsEmpty()) << "in hour " << hour;
      if (hour >= 3 && hour < 9) most_early = std::max(most_early, live_blocks.load());
      if (hour >= 18) most_late = std::max(most_late, live_blocks.load());
    }
    ASSERT_LE(plant.queue().size(), options.queue.requests);
    ASSERT_LE(plant.queue().flows(), options.queue.requests + 3 * options.queue.remembered_flows);
    ASSERT_LE(plant.planner().active() + plant.planner().put_aside(), 2 * options.planner.sequences);
    ASSERT_LE(plant.index().index_bytes(), 4U << 20);
  }
  const PlantCounts& c = plant.counts();
  EXPECT_EQ(c.late_gaps, 0U) << c.worst_gap_share;
  EXPECT_GT(c.finished, 15000U);
  EXPECT_GT(c.preempted, 20U);
  EXPECT_LE(most_late, most_early + most_early / 10) << "blocks that live grow with time";
  printf(
      "a day: %llu steps, %llu requests, %llu finished, %llu put aside, ttft p50 %.2f p95 %.2f s, gap p99 %.3f s, "
      "worst %.3f s (%.2f of allowed), reused %.0f %% of prompts, %lld and %lld blocks\n",
      static_cast<unsigned long long>(c.steps), static_cast<unsigned long long>(c.arrived),
      static_cast<unsigned long long>(c.finished), static_cast<unsigned long long>(c.preempted), c.ttft_s.quantile(0.5),
      c.ttft_s.quantile(0.95), c.gap_s.quantile(0.99), c.worst_gap_s, c.worst_gap_share,
      100.0 * static_cast<double>(c.tokens_reused) / static_cast<double>(c.tokens_reused + c.tokens_computed),
      static_cast<long long>(most_early), static_cast<long long>(most_late));
  plant.drain(3600);
  EXPECT_THAT(plant.violations(), IsEmpty());
}

}  // namespace
}  // namespace hearth
