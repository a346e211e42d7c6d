#include "probe/samples.h"

#include <gtest/gtest.h>

#include <atomic>

namespace hearth {
namespace {

TEST(SummariseSamples, gives_the_median_and_half_the_interquartile_range) {
  const auto summary = summarise_samples({5, 1, 3, 2, 4});
  ASSERT_TRUE(summary.has_value());
  EXPECT_EQ(summary->value, 3);
  EXPECT_EQ(summary->provenance, Provenance::kMeasured);
  EXPECT_DOUBLE_EQ(*summary->spread, 1.0 / 3);
}

TEST(SummariseSamples, one_outlier_moves_neither) {
  const auto summary = summarise_samples({10, 10, 10, 10, 0.5, 10, 10, 10});
  EXPECT_EQ(summary->value, 10);
  EXPECT_EQ(*summary->spread, 0);
}

TEST(SummariseSamples, nothing_measured_is_absent) {
  EXPECT_FALSE(summarise_samples({}).has_value());
  EXPECT_FALSE(summarise_samples({0, -1}).has_value());
}

TEST(TimeTeam, all_threads_work_in_every_pass_after_preparing_once) {
  constexpr unsigned kThreads = 4;
  std::atomic<int> prepared = 0;
  std::atomic<int> worked = 0;
  TeamWork work;
  work.threads = kThreads;
  work.prepare = [&](unsigned) { ++prepared; };
  work.pass = [&](unsigned) { ++worked; };
  work.time_max = std::chrono::milliseconds(5);
  const auto seconds = time_team(work);
  EXPECT_EQ(prepared, 4);
  ASSERT_GE(seconds.size(), 1U);
  EXPECT_EQ(worked, static_cast<int>((seconds.size() + 1) * kThreads));  // and the one that warmed up
}

}  // namespace
}  // namespace hearth
