#include "app/ledger_measurements.h"

#include <gtest/gtest.h>

#include <functional>

#include "metrics/ledger_test_files.h"

namespace hearth {
namespace {

class LedgerMeasurementsTest : public ::testing::Test {
 protected:
  void add(double raw, double measured, const std::function<void(LedgerRecord&)>& change = {}) {
    auto record = test_record("k", measured);
    record.raw_projected = raw;
    if (change) change(record);
    ASSERT_TRUE(ledger_->append(record));
  }
  LedgerTestFolder folder_;
  Result<Ledger> ledger_ = Ledger::open(folder_.path() / kLedgerFile);
};

TEST_F(LedgerMeasurementsTest, the_median_of_the_ratios_counts_against_the_newest_fit) {
  add(10, 12);
  add(10, 30);  // an outlier
  add(20, 25);
  const auto out = plan_measurements(*ledger_, "box");
  ASSERT_TRUE(out);
  ASSERT_EQ(out->size(), 1U);
  EXPECT_EQ(out->front().projected, 20);
  EXPECT_DOUBLE_EQ(out->front().measured, 25);
  EXPECT_EQ(out->front().metric, "decode_tok_s");
  EXPECT_GT(out->front().spread, 0);
}

TEST_F(LedgerMeasurementsTest, few_records_are_trusted_less_than_many_that_agree) {
  const auto steady = [](LedgerRecord& r) { r.spread = 0.01; };
  add(10, 11, steady);
  add(10, 11, steady);
  EXPECT_DOUBLE_EQ(plan_measurements(*ledger_, "box")->front().spread, 0.1);
  add(10, 11, steady);
  EXPECT_DOUBLE_EQ(plan_measurements(*ledger_, "box")->front().spread, 0.01);
  for (const double measured : {5, 8, 14, 17}) add(10, measured, steady);
  EXPECT_GT(plan_measurements(*ledger_, "box")->front().spread, 0.1);
}

TEST_F(LedgerMeasurementsTest, what_can_teach_nothing_is_left_out) {
  add(10, 2, [](LedgerRecord& r) { r.raw_projected.reset(); });
  add(10, 3, [](LedgerRecord& r) { r.machine = "another"; });
  add(10, 4, [](LedgerRecord& r) { r.kind = "memory"; });
  add(0, 5);
  EXPECT_TRUE(plan_measurements(*ledger_, "box")->empty());
}

TEST_F(LedgerMeasurementsTest, disturbed_records_count_only_where_there_are_no_others) {
  const auto disturbed = [](LedgerRecord& r) { r.disturbed = true; };
  add(10, 5, disturbed);
  const auto loaded = plan_measurements(*ledger_, "box");
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_DOUBLE_EQ(loaded->front().measured, 5);
  EXPECT_DOUBLE_EQ(loaded->front().spread, 0.5);
  add(10, 11);
  add(10, 1, disturbed);
  const auto alone = plan_measurements(*ledger_, "box");
  ASSERT_EQ(alone->size(), 1U);
  EXPECT_DOUBLE_EQ(alone->front().measured, 11);
  EXPECT_DOUBLE_EQ(alone->front().spread, 0.1);
}

TEST_F(LedgerMeasurementsTest, models_metrics_and_backends_are_kept_apart) {
  add(10, 11);
  add(10, 12, [](LedgerRecord& r) { r.metric = "prefill_tok_s"; });
  add(10, 13, [](LedgerRecord& r) { r.backend = "cuda"; });
  add(10, 14, [](LedgerRecord& r) { r.precision = "q8-0"; });
  EXPECT_EQ(plan_measurements(*ledger_, "box")->size(), 4U);
}

}  // namespace
}  // namespace hearth
