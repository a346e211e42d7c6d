#include "metrics/ledger_summary.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "metrics/ledger_test_files.h"

namespace hearth {
namespace {

LedgerRecord off_by(double error, int minute) {
  auto record = test_record("k", 100 * (1 + error));
  record.projected = 100;
  record.time = std::chrono::system_clock::time_point(std::chrono::minutes(minute));
  return record;
}

TEST(LedgerSummary, errors_are_judged_by_their_median_and_direction) {
  const std::vector<LedgerRecord> records = {off_by(-0.1, 1), off_by(0.3, 2), off_by(-0.2, 3)};
  const auto components = summarise_ledger(records);
  ASSERT_EQ(components.size(), 1U);
  EXPECT_NEAR(*components[0].median_abs_error, 0.2, 1e-12);
  EXPECT_NEAR(*components[0].median_error, -0.1, 1e-12);
  EXPECT_EQ(components[0].trend, LedgerTrend::kUnknown);
  EXPECT_EQ(components[0].periods.size(), 3U);
}

TEST(LedgerSummary, a_trend_compares_the_newer_half_with_the_older) {
  std::vector<LedgerRecord> records = {off_by(0.4, 1), off_by(-0.4, 2), off_by(0.1, 3), off_by(0.1, 4)};
  EXPECT_EQ(summarise_ledger(records)[0].trend, LedgerTrend::kBetter);
  std::reverse(records.begin(), records.end());
  EXPECT_EQ(summarise_ledger(records)[0].trend, LedgerTrend::kWorse);
  EXPECT_EQ(summarise_ledger(std::vector(6, off_by(0.1, 1)))[0].trend, LedgerTrend::kSteady);
}

TEST(LedgerSummary, disturbed_records_and_those_without_projection_are_counted_but_not_judged) {
  auto disturbed = off_by(5, 1);
  disturbed.disturbed = true;
  const std::vector<LedgerRecord> records = {disturbed, test_record("k", 1), off_by(0.1, 2)};
  const auto components = summarise_ledger(records);
  EXPECT_EQ(components[0].n, 3U);
  EXPECT_EQ(components[0].disturbed, 1U);
  EXPECT_EQ(components[0].compared, 1U);
  EXPECT_NEAR(*components[0].median_abs_error, 0.1, 1e-12);
}

TEST(LedgerSummary, components_and_machines_are_kept_apart_and_periods_bounded) {
  std::vector<LedgerRecord> records;
  for (int i = 0; i < 100; ++i) records.push_back(off_by(0.01 * i, i));
  records.push_back(test_record("k", 1));
  records.back().machine = "another";
  const auto components = summarise_ledger(records);
  ASSERT_EQ(components.size(), 2U);
  EXPECT_EQ(components[0].machine, "another");
  EXPECT_FALSE(components[0].median_abs_error);
  ASSERT_EQ(components[1].periods.size(), 12U);
  std::size_t n = 0;
  for (const auto& period : components[1].periods) n += period.n;
  EXPECT_EQ(n, 100U);
}

TEST(LedgerSummary, spread_is_half_the_interquartile_range_as_a_share) {
  EXPECT_FALSE(spread_of({5}));
  EXPECT_NEAR(*spread_of({90, 100, 110}), 0.05, 1e-12);
  EXPECT_EQ(median_of({}), 0);
  EXPECT_EQ(median_of({3, 1, 2, 4}), 2.5);
}

}  // namespace
}  // namespace hearth
