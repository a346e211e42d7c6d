#include "governor/governor.h"

#include <gtest/gtest.h>

#include <cmath>

namespace hearth {
namespace {

LadderRung rung(std::string name, double quality, double power, double memory, double time) {
  return {std::move(name), "", "", quality, power, memory, time, {}};
}

Ladder text_ladder() {
  return {Modality::kText,
          {rung("as planned", 1, 1, 1, 1), rung("fewer threads", 1, 0.8, 1, 1), rung("cache in Q8_0", 0.99, 1, 0.8, 1),
           rung("smaller model", 0.8, 0.7, 0.4, 0.4)},
          {}};
}
Ladder vision_ladder() {
  return {Modality::kVision, {rung("as planned", 1, 1, 1, 1), rung("320 pixels", 0.85, 0.6, 0.9, 0.25)}, {}};
}

// A first-order machine: 25 degrees around it, 2 degC a watt, a time constant of 100 s, 34 W at full load.
struct Machine {
  double temperature_c = 45;
  double watts = 34;
  void run(Governor& governor, double seconds, std::vector<GovernorStep>& steps, const TelemetrySample& extra = {}) {
    for (double t = 0; t < seconds; t += 1) {
      at += std::chrono::seconds(1);
      const double power_w = watts * governor_share(governor);
      temperature_c += (25 + 2 * power_w - temperature_c) * (1 - std::exp(-1.0 / 100));
      hottest_c = std::max(hottest_c, temperature_c);
      TelemetrySample sample = extra;
      sample.at = at;
      sample.temperature_c = temperature_c;
      sample.throttle_c = 85;
      sample.power_w = power_w;
      for (auto& step : governor.observe(sample)) steps.push_back(std::move(step));
    }
  }
  double governor_share(const Governor& governor) const {
    return governor.rung(Modality::kText) < shares.size() ? shares[governor.rung(Modality::kText)] : 1;
  }
  std::vector<double> shares = {1, 0.8, 0.8, 0.56};
  Moment at{};
  double hottest_c = 0;
};

TelemetrySample busy() {
  TelemetrySample sample;
  sample.activity[0] = 1;
  return sample;
}

TEST(Governor, steps_before_the_machine_slows_down_and_does_not_flap) {
  Governor governor({}, {{text_ladder(), 3}});
  Machine machine;
  std::vector<GovernorStep> steps;
  machine.run(governor, 3600, steps, busy());
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.front().cause, Strain::kHeat);
  EXPECT_EQ(governor.rung_name(Modality::kText), "fewer threads") << "skips what saves no power";
  EXPECT_LT(machine.hottest_c, 85);
  EXPECT_LE(steps.size(), 6U);
}

TEST(Governor, steps_up_again_when_the_load_has_gone) {
  Governor governor({}, {{text_ladder(), 3}});
  Machine machine;
  std::vector<GovernorStep> steps;
  machine.run(governor, 600, steps, busy());
  ASSERT_GT(governor.rung(Modality::kText), 0U);
  machine.watts = 5;
  machine.run(governor, 900, steps);
  EXPECT_EQ(governor.rung(Modality::kText), 0U);
  EXPECT_EQ(steps.back().cause, Strain::kHeat);
  EXPECT_TRUE(governor.background_allowed());
}

TEST(Governor, never_goes_below_what_the_plan_allows) {
  Governor governor({}, {{text_ladder(), 1}});
  Machine machine;
  machine.watts = 90;
  machine.shares = {1, 1, 1, 1};
  std::vector<GovernorStep> steps;
  machine.run(governor, 1200, steps, busy());
  EXPECT_EQ(governor.rung(Modality::kText), 1U);
  EXPECT_EQ(steps.size(), 1U);
}

TEST(Governor, heat_is_answered_by_the_modality_that_computes) {
  Governor governor({}, {{text_ladder(), 3}, {vision_ladder(), 1}});
  Machine machine;
  std::vector<GovernorStep> steps;
  TelemetrySample sample;
  sample.activity[1] = 1;
  machine.run(governor, 200, steps, sample);
  ASSERT_FALSE(steps.empty());
  EXPECT_EQ(steps.front().modality, Modality::kVision);
}

TelemetrySample memory_sample(Moment at, double available_share) {
  TelemetrySample sample;
  sample.at = at;
  sample.memory_total_bytes = 1000;
  sample.memory_available_bytes = static_cast<std::uint64_t>(available_share * 1000);
  return sample;
}

TEST(Governor, memory_strain_takes_the_rung_that_saves_memory) {
  Governor governor({}, {{text_ladder(), 3}});
  const auto steps = governor.observe(memory_sample(Moment{}, 0.02));
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(steps[0].to, 2U);
  EXPECT_EQ(steps[0].cause, Strain::kMemory);
}

TEST(Governor, an_out_of_memory_event_does_not_wait_for_the_effect_of_the_last_step) {
  Governor governor({}, {{text_ladder(), 3}});
  auto sample = memory_sample(Moment{}, 0.02);
  sample.out_of_memory_events = 0;
  EXPECT_EQ(governor.observe(sample).size(), 1U);
  sample.at += std::chrono::seconds(6);
  EXPECT_TRUE(governor.observe(sample).empty());
  sample.at += std::chrono::seconds(1);
  sample.out_of_memory_events = 1;
  EXPECT_EQ(governor.observe(sample).size(), 1U);
}

TEST(Governor, memory_strain_waits_for_caches_to_be_given_back_where_somebody_does_that) {
  GovernorLimits limits;
  limits.memory_first_s = 2;
  Governor governor(limits, {{text_ladder(), 3}});
  TelemetrySample sample = busy();
  sample.memory_total_bytes = 1000;
  sample.memory_available_bytes = 30;
  std::vector<std::size_t> steps;
  for (int s = 0; s < 4; ++s) {
    sample.at = Moment(std::chrono::seconds(s));
    steps.push_back(governor.observe(sample).size());
  }
  EXPECT_EQ(steps, (std::vector<std::size_t>{0, 0, 1, 0}));
}

TEST(Governor, relieves_at_once_when_told_and_not_below_the_lowest) {
  Governor governor({}, {{text_ladder(), 2}});
  EXPECT_TRUE(governor.can_relieve(Strain::kMemory));
  const auto steps = governor.relieve(Strain::kMemory, busy());
  ASSERT_EQ(steps.size(), 1U);
  EXPECT_EQ(governor.rung_name(Modality::kText), "cache in Q8_0");
  EXPECT_FALSE(governor.can_relieve(Strain::kMemory));
  EXPECT_TRUE(governor.relieve(Strain::kMemory, busy()).empty());
}

TEST(Governor, calm_has_to_last_longer_each_time_it_did_not) {
  GovernorLimits limits;
  Governor governor(limits, {{text_ladder(), 3}});
  Moment at{};
  std::vector<double> waits;
  for (int round = 0; round < 4; ++round) {
    for (int s = 0; s < 40; ++s) (void)governor.observe(memory_sample(at += std::chrono::seconds(1), 0.02));
    const Moment calm_from = at;
    for (int s = 0; s < 4000; ++s) {
      const auto steps = governor.observe(memory_sample(at += std::chrono::seconds(1), 0.5));
      if (steps.empty()) continue;
      waits.push_back(std::chrono::duration<double>(at - calm_from).count());
      break;
    }
  }
  ASSERT_EQ(waits.size(), 4U);
  EXPECT_NEAR(waits[0], limits.calm_s, 2);
  for (std::size_t i = 1; i < waits.size(); ++i) EXPECT_GT(waits[i], waits[i - 1] * 1.5) << i;
}

TEST(Governor, goes_further_down_as_the_battery_empties_and_up_when_plugged_in) {
  Governor governor({}, {{text_ladder(), 3}, {vision_ladder(), 1}});
  TelemetrySample sample;
  sample.on_ac = false;
  const auto observe_for = [&](double percent, int seconds) {
    sample.battery_percent = percent;
    for (int s = 0; s < seconds; ++s) {
      sample.at += std::chrono::seconds(1);
      (void)governor.observe(sample);
    }
    return governor.rung(Modality::kText) + governor.rung(Modality::kVision);
  };
  EXPECT_EQ(observe_for(90, 60), 1U);
  EXPECT_EQ(observe_for(45, 60), 2U);
  EXPECT_EQ(observe_for(52, 600), 2U) << "a little more charge is no reason to go up";
  EXPECT_EQ(observe_for(5, 600), 4U) << "all that is allowed";
  EXPECT_FALSE(governor.strained()) << "nothing is left to do";
  sample.on_ac = true;
  EXPECT_EQ(observe_for(20, 2000), 0U);
}

TEST(Governor, tells_the_effect_of_a_step_once_it_has_settled) {
  Governor governor({}, {{text_ladder(), 3}});
  auto sample = memory_sample(Moment{}, 0.02);
  ASSERT_EQ(governor.observe(sample).size(), 1U);
  EXPECT_TRUE(governor.take_effects().empty());
  sample = memory_sample(Moment{} + std::chrono::seconds(26), 0.3);
  (void)governor.observe(sample);
  const auto effects = governor.take_effects();
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(effects[0].available_before_bytes, 20U);
  EXPECT_EQ(effects[0].available_after_bytes, 300U);
}

TEST(Governor, time_that_goes_back_is_ignored) {
  Governor governor({}, {{text_ladder(), 3}});
  EXPECT_TRUE(governor.observe(memory_sample(Moment{} + std::chrono::seconds(10), 0.5)).empty());
  EXPECT_TRUE(governor.observe(memory_sample(Moment{}, 0.01)).empty());
  EXPECT_EQ(governor.rung(Modality::kText), 0U);
}

TEST(Governor, steps_follow_each_other_faster_when_heat_comes_fast) {
  const auto seconds_between_steps = [](double c_a_second) {
    Governor governor({}, {{text_ladder(), 3}});
    TelemetrySample sample = busy();
    sample.throttle_c = 85;
    std::vector<double> steps_s;
    for (int s = 0; s < 400 && steps_s.size() < 2; ++s) {
      sample.at = Moment(std::chrono::seconds(s));
      sample.temperature_c = std::min(80.0, 60 + c_a_second * s);  // below the throttle point
      if (!governor.observe(sample).empty()) steps_s.push_back(s);
    }
    return steps_s.size() == 2 ? steps_s[1] - steps_s[0] : 0.0;
  };
  EXPECT_LE(seconds_between_steps(0.7), 12);
  EXPECT_GE(seconds_between_steps(0.1), 18) << "there is time to see what a step comes to";
}

TEST(Ladder, leaves_out_what_saves_nothing_where_decoding_does_not_wait_for_memory) {
  Ladder ladder = text_ladder();
  ladder.rungs[1].memory_bound_least = 0.65;
  ASSERT_TRUE(check_ladder(ladder));
  EXPECT_EQ(for_memory_bound(ladder, 0.9).rungs.size(), ladder.rungs.size());
  const Ladder cut = for_memory_bound(ladder, 0.3);
  ASSERT_EQ(cut.rungs.size(), ladder.rungs.size() - 1);
  EXPECT_EQ(cut.rungs[1].name, ladder.rungs[2].name);
  ladder.rungs[1].memory_bound_least = 1.5;
  EXPECT_FALSE(check_ladder(ladder));
}

TEST(Ladder, refuses_rungs_that_save_nothing_or_leave_the_bounds) {
  Ladder ladder = text_ladder();
  EXPECT_TRUE(check_ladder(ladder));
  ladder.rungs[1].power_share = 1;
  EXPECT_FALSE(check_ladder(ladder));
  ladder = text_ladder();
  ladder.rungs[2].memory_share = 0;
  EXPECT_FALSE(check_ladder(ladder));
  ladder.rungs.clear();
  EXPECT_FALSE(check_ladder(ladder));
}

}  // namespace
}  // namespace hearth
