#include "plan/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hearth {
namespace {

PlanMeasurement sample(const std::string& model, double projected, double measured, double spread = 0.03) {
  PlanMeasurement out;
  out.model = model;
  out.precision = "q4-k-m";
  out.runtime = "llama";
  out.backend = "cpu";
  out.metric = "decode_tok_s";
  out.projected = projected;
  out.measured = measured;
  out.spread = spread;
  return out;
}

constexpr Interval kFit{100, 60, 160};
const CalibrationKey kKey{"a", "q4-k-m", "llama", "cpu", "decode_tok_s"};

TEST(Calibration, leaves_a_projection_alone_without_samples) {
  const auto corrected = Calibration({}).correct(kKey, kFit);
  EXPECT_EQ(corrected.interval, kFit);
  EXPECT_EQ(corrected.samples, 0);
}

TEST(Calibration, moves_close_to_a_sample_of_the_same_model_and_narrows) {
  const std::vector<PlanMeasurement> samples = {sample("a", 100, 70)};
  const auto corrected = Calibration(samples).correct(kKey, kFit);
  EXPECT_TRUE(corrected.measured);
  EXPECT_NEAR(corrected.interval.value, 71, 2);
  EXPECT_LT(std::log(corrected.interval.high / corrected.interval.low), std::log(kFit.high / kFit.low) / 3);
  EXPECT_GT(corrected.interval.low, 60);
}

TEST(Calibration, learns_less_from_other_models_however_many) {
  std::vector<PlanMeasurement> samples;
  for (int i = 0; i < 40; ++i) samples.push_back(sample("b" + std::to_string(i), 50, 35));
  const auto one = Calibration(std::span(samples).first(1)).correct(kKey, kFit);
  const auto many = Calibration(samples).correct(kKey, kFit);
  EXPECT_FALSE(many.measured);
  EXPECT_LT(many.interval.value, one.interval.value);
  EXPECT_GT(many.interval.value, 70);
  // how one model differs from the others stays unknown
  EXPECT_GT(std::log(many.interval.high / many.interval.low), 0.3);
}

TEST(Calibration, gives_in_to_one_sample_where_the_fit_knows_little) {
  const Interval wild{800'000, 800, 10'000'000};  // a model far smaller than all that were fitted
  const std::vector<PlanMeasurement> samples = {sample("a", 800'000, 40'000, 0.1)};
  EXPECT_NEAR(Calibration(samples).correct(kKey, wild).interval.value, 40'000, 1'500);
  const std::vector<PlanMeasurement> loaded = {sample("a", 800'000, 40'000, 0.5)};
  EXPECT_LT(Calibration(loaded).correct(kKey, wild).interval.value, 80'000);
}

TEST(Calibration, hardly_takes_the_overhead_of_a_tiny_model_for_the_machines_factor) {
  const std::vector<PlanMeasurement> tiny = {sample("tiny", 800'000, 40'000)};
  const auto corrected = Calibration(tiny).correct(kKey, kFit);
  EXPECT_GT(corrected.interval.value, 80);
  EXPECT_LT(corrected.interval.value, 100);
}

TEST(Calibration, a_runtime_that_was_not_measured_looks_no_faster_for_that) {
  const std::vector<PlanMeasurement> samples = {sample("a", 100, 25)};  // on llama
  auto key = kKey;
  const double measured = Calibration(samples).correct(key, kFit).interval.value;
  key.runtime = "mlx";
  const auto other = Calibration(samples).correct(key, kFit);
  EXPECT_FALSE(other.measured);
  EXPECT_LT(other.interval.value, 65);
  EXPECT_GT(other.interval.value, measured);
  EXPECT_GT(other.interval.high / other.interval.low, 1.4) << "and less is known of it";
}

TEST(Calibration, a_noisy_sample_counts_less_than_a_steady_one) {
  const std::vector<PlanMeasurement> steady = {sample("a", 100, 50, 0.02)}, noisy = {sample("a", 100, 50, 0.5)};
  EXPECT_LT(Calibration(steady).correct(kKey, kFit).interval.value,
            Calibration(noisy).correct(kKey, kFit).interval.value);
}

TEST(Calibration, ignores_other_runtimes_metrics_and_impossible_figures) {
  auto other = sample("b", 100, 10);
  other.runtime = "mlx";
  auto metric = sample("a", 100, 10);
  metric.metric = "prefill_tok_s";
  const std::vector<PlanMeasurement> samples = {other, metric, sample("a", 0, 10), sample("a", 100, 0)};
  EXPECT_EQ(Calibration(samples).correct(kKey, kFit).interval, kFit);
}

}  // namespace
}  // namespace hearth
