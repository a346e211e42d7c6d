#include "app/plan_verification_checks.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace hearth {
namespace {

PlanChoice test_choice() {
  PlanChoice choice;
  choice.task = "chat";
  choice.memory_basis = "runtime estimate";
  choice.memory.items = {{"cpu", "CPU", memory_component::kWeights, 300 * kMiB, 0},
                         {"cpu", "CPU", memory_component::kKvCache, 20 * kMiB, 0},
                         {"cpu", "", memory_component::kRuntime, 40 * kMiB, 0}};
  choice.projection.decode_tok_s = Interval{20, 15, 25};
  return choice;
}

VerifyMeasurement measurement(const std::string& metric, std::vector<double> samples) {
  VerifyMeasurement out;
  out.metric = metric;
  out.samples = std::move(samples);
  return out;
}

const VerifyCheck& only(const std::vector<VerifyCheck>& checks) {
  EXPECT_EQ(checks.size(), 1U);
  return checks.at(0);
}

VerifyCheck compare_one(const PlanChoice& choice, const VerifyMeasurement& measured, double tolerance = 0) {
  return only(compare_choice(Plan(), choice, {measured}, tolerance));
}

TEST(PlanChecks, a_speed_passes_inside_its_bounds_and_fails_on_either_side) {
  const auto inside = compare_one(test_choice(), measurement("decode_tok_s", {18, 30, 16}));
  EXPECT_EQ(inside.name, "chat.decode");
  EXPECT_EQ(inside.measured, 18);
  EXPECT_EQ(inside.pass, true);
  EXPECT_NEAR(*inside.error, -0.1, 1e-12);
  EXPECT_EQ(inside.n, 3U);
  EXPECT_EQ(compare_one(test_choice(), measurement("decode_tok_s", {14})).pass, false);
  EXPECT_EQ(compare_one(test_choice(), measurement("decode_tok_s", {26})).pass, false);
}

TEST(PlanChecks, tolerance_widens_both_bounds) {
  EXPECT_EQ(compare_one(test_choice(), measurement("decode_tok_s", {14}), 0.1).pass, true);
  EXPECT_EQ(compare_one(test_choice(), measurement("decode_tok_s", {27}), 0.1).pass, true);
  EXPECT_EQ(compare_one(test_choice(), measurement("decode_tok_s", {28}), 0.1).pass, false);
}

TEST(PlanChecks, components_keep_to_one_percent_of_an_estimate_and_more_of_a_formula) {
  auto choice = test_choice();
  const double weights = 300.0 * kMiB;
  EXPECT_EQ(compare_one(choice, measurement("weights_bytes", {weights * 1.009})).pass, true);
  EXPECT_EQ(compare_one(choice, measurement("weights_bytes", {weights * 1.02})).pass, false);
  choice.memory_basis = "formula";
  EXPECT_EQ(compare_one(choice, measurement("weights_bytes", {weights * 1.02})).pass, true);
  // A component that nobody planned may take a MiB, no more.
  choice.memory_basis = "runtime estimate";
  EXPECT_EQ(compare_one(choice, measurement("adapter_bytes", {0.5 * kMiB})).pass, true);
  EXPECT_EQ(compare_one(choice, measurement("adapter_bytes", {3.0 * kMiB})).pass, false);
}

TEST(PlanChecks, the_sum_leaves_out_what_the_runtime_itself_takes_and_the_peak_counts_it) {
  EXPECT_EQ(*promise_of(test_choice(), "reserved_bytes").projected, 320.0 * kMiB);
  const auto peak = promise_of(test_choice(), "peak_rss_bytes");
  EXPECT_EQ(*peak.projected, 360.0 * kMiB);
  EXPECT_EQ(*peak.low, 0);  // what is not touched is not resident
  EXPECT_EQ(*peak.high, 368.0 * kMiB);
  auto choice = test_choice();
  choice.memory.items.pop_back();
  EXPECT_FALSE(promise_of(choice, "peak_rss_bytes").projected);
}

TEST(PlanChecks, placement_compares_the_share_on_accelerators) {
  auto choice = test_choice();
  EXPECT_EQ(compare_one(choice, measurement("accelerator_share", {0})).pass, true);
  choice.memory.items[0].device = "gpu0";
  EXPECT_EQ(compare_one(choice, measurement("accelerator_share", {0})).pass, false);
  EXPECT_EQ(compare_one(choice, measurement("accelerator_share", {0.93})).pass, true);
}

TEST(PlanChecks, what_the_plan_does_not_promise_is_measured_and_not_judged) {
  const auto check = compare_one(test_choice(), measurement("prefill_tok_s", {100}));
  EXPECT_FALSE(check.pass);
  EXPECT_FALSE(check.projected);
  EXPECT_EQ(check.measured, 100);
}

TEST(PlanChecks, the_plans_own_steps_name_and_bound_a_check_and_unmeasured_ones_are_skipped) {
  Plan plan;
  plan.verification = {{"decode at work", "chat", "c", "e", "decode_tok_s", "tok/s", Interval{5, 4, 6}},
                       {"all memory", "chat", "c", "e", "total_bytes", "bytes", Interval{100, 0, 200}},
                       {"chat.power", "chat", "c", "e", "power_w", "W", Interval{5, 4, 6}},
                       {"stt.rtf", "stt", "c", "e", "rtf", "s/s", Interval{1, 0, 2}}};
  const auto checks =
      compare_choice(plan, test_choice(), {measurement("decode_tok_s", {20}), measurement("peak_rss_bytes", {150})}, 0);
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks[0].name, "decode at work");
  EXPECT_EQ(checks[0].pass, false);
  EXPECT_EQ(checks[1].name, "all memory");
  EXPECT_EQ(checks[1].pass, true);
  EXPECT_EQ(checks[2].name, "chat.power");
  EXPECT_FALSE(checks[2].pass);
  EXPECT_NE(checks[2].skipped, "");
}

TEST(PlanChecks, disturbed_samples_count_only_where_there_are_no_others) {
  auto measured = measurement("decode_tok_s", {20});
  measured.disturbed_samples = {5, 6};
  measured.disturbance = "other programs";
  EXPECT_EQ(compare_one(test_choice(), measured).measured, 20);
  measured.samples.clear();
  const auto check = compare_one(test_choice(), measured);
  EXPECT_EQ(check.measured, 5.5);
  EXPECT_TRUE(check.disturbed);
  EXPECT_NE(check.note.find("other programs"), std::string::npos);
}

TEST(PlanChecks, what_was_fitted_is_kept_apart_from_what_was_corrected) {
  auto choice = test_choice();
  EXPECT_EQ(promise_of(choice, "decode_tok_s").raw, 20);
  choice.projection.basis = "measured here, weighed with the fit";
  EXPECT_FALSE(promise_of(choice, "decode_tok_s").raw);
  choice.projection.fitted = {{"decode_tok_s", 12}};
  EXPECT_EQ(promise_of(choice, "decode_tok_s").raw, 12);
}

}  // namespace
}  // namespace hearth
