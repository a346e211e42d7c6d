// An hour of steady load on each simulated machine, governed against ungoverned: what the governor promises.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "machine_hours.h"
#include "shipped_catalog.h"
#include "sim/plant_hour.h"

namespace hearth::test {
namespace {

struct Both {
  PlantHour governed, ungoverned;
};

// Simulated once for all tests of a machine.
const Both& both(const std::string& id) {
  static std::map<std::string, Both> done;
  if (const auto known = done.find(id); known != done.end()) return known->second;
  const PlantRecord& plant = *shipped_catalog().plant(id).value();
  PlantHourOptions options;
  options.until_empty = plant.power.battery_wh.has_value();
  Both result;
  result.governed = simulate_hour(plant, options);
  options.governed = false;
  result.ungoverned = simulate_hour(plant, options);
  const PlantHour& g = result.governed;
  const PlantHour& u = result.ungoverned;
  fmt::print(
      "{}: tokens {} / {}, frames {} / {}, last third {} / {}, worst p99 gap {:.3f} / {:.3f} s ({:.2f}), at throttle "
      "{:.1f} / {:.1f} s, hottest {:.1f} / {:.1f}, steps {} ({} when steady), quality {:.2f}, refused {} / {}, "
      "battery {:.2f} / {:.2f} h\n",
      id, g.tokens, u.tokens, g.frames, u.frames, g.tokens_last_third, u.tokens_last_third, g.worst_minute_gap_p99_s,
      u.worst_minute_gap_p99_s, g.worst_minute_gap_p99_s / u.worst_minute_gap_p99_s, g.longest_at_throttle_s,
      u.longest_at_throttle_s, g.hottest_c, u.hottest_c, g.steps.size(), g.steps_when_steady, g.quality, g.refused,
      u.refused, g.battery_hours.value_or(0), u.battery_hours.value_or(0));
  for (const GovernorStep& step : g.steps)
    fmt::print("  {:5.0f} s {} {} -> {} {}\n", std::chrono::duration<double>(step.at.time_since_epoch()).count(),
               modality_name(step.modality), step.from, step.to, step.why);
  return done.emplace(id, std::move(result)).first->second;
}

constexpr double kAtThrottle_s = 5;  // at a stretch, at most
constexpr double kGapShare = 0.7;    // of the ungoverned worst minute, at most
constexpr double kBatteryShare = 1.2;

class SimulatedMachine : public ::testing::TestWithParam<std::string> {};

TEST_P(SimulatedMachine, slows_itself_down_when_nobody_governs_it) {
  const PlantHour& hour = both(GetParam()).ungoverned;
  EXPECT_GE(hour.hottest_c, shipped_catalog().plant(GetParam()).value()->throttling.at_c);
  EXPECT_TRUE(hour.steps.empty());
}

TEST_P(SimulatedMachine, governed_is_never_at_its_throttle_point_for_longer_than_five_seconds) {
  EXPECT_LE(both(GetParam()).governed.longest_at_throttle_s, kAtThrottle_s);
}

TEST_P(SimulatedMachine, governed_delivers_at_least_as_many_tokens_and_frames) {
  EXPECT_GE(both(GetParam()).governed.tokens, both(GetParam()).ungoverned.tokens);
  EXPECT_GE(both(GetParam()).governed.frames, both(GetParam()).ungoverned.frames);
}

TEST_P(SimulatedMachine, governed_has_shorter_gaps_in_its_worst_minute) {
  EXPECT_LE(both(GetParam()).governed.worst_minute_gap_p99_s,
            both(GetParam()).ungoverned.worst_minute_gap_p99_s * kGapShare);
}

TEST_P(SimulatedMachine, governed_does_not_flap) { EXPECT_LE(both(GetParam()).governed.steps_when_steady, 6U); }

class SimulatedMachineOnBattery : public ::testing::TestWithParam<std::string> {};

TEST_P(SimulatedMachineOnBattery, governed_lasts_longer) {
  const Both& hours = both(GetParam());
  ASSERT_TRUE(hours.ungoverned.battery_hours && hours.governed.battery_hours);
  EXPECT_GE(*hours.governed.battery_hours, *hours.ungoverned.battery_hours * kBatteryShare);
}

std::vector<std::string> machines(bool only_on_battery) {
  std::vector<std::string> ids;
  for (const PlantRecord& plant : shipped_catalog().plants())
    if (!only_on_battery || plant.power.battery_wh) ids.push_back(plant.id);
  return ids;
}

std::string test_name(const ::testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Machines, SimulatedMachine, ::testing::ValuesIn(machines(false)), test_name);
INSTANTIATE_TEST_SUITE_P(Machines, SimulatedMachineOnBattery, ::testing::ValuesIn(machines(true)), test_name);

TEST(SimulatedMachines, are_at_least_the_five_promised_and_some_have_a_battery) {
  EXPECT_GE(machines(false).size(), 5U);
  EXPECT_GE(machines(true).size(), 2U);
}

TEST(SimulatedMachines, give_the_same_hour_again) {
  PlantHourOptions options;
  options.minutes = 5;
  const PlantRecord& plant = *shipped_catalog().plant("pi5-no-cooler").value();
  const PlantHour once = simulate_hour(plant, options);
  const PlantHour again = simulate_hour(plant, options);
  EXPECT_EQ(once.tokens, again.tokens);
  EXPECT_EQ(once.steps.size(), again.steps.size());
  EXPECT_DOUBLE_EQ(once.energy_j, again.energy_j);
}

TEST(SimulatedMachines, refuse_a_time_that_is_none) {
  PlantHourOptions options;
  options.minutes = 0;
  options.governed = false;
  const auto hour = simulate_plant(*shipped_catalog().plant("phone").value(), options);
  ASSERT_FALSE(hour);
  EXPECT_EQ(hour.error().code, ErrorCode::kInvalidArgument);
}

// Its firmware's lowest clock at full load ends above the throttle point: nothing but less work helps, and the ladder's
// end is reached while it gets there. A Pi with a quarter less cooling.
bool too_hot_at_any_clock(const PlantRecord& plant) {
  const double lowest = std::pow(plant.throttling.lowest_clock_share, plant.power.clock_exponent);
  const double watts = plant.power.idle_w + (plant.power.load_w - plant.power.idle_w) * lowest;
  return plant.heat.ambient_c + plant.heat.resistance_c_per_w * watts > plant.throttling.at_c;
}

// Ambient temperature, cooling and load are not known so exactly: the promise about heat holds around the fitted point.
TEST(SimulatedMachines, keep_below_the_throttle_point_with_other_cooling_and_load_too) {
  for (const PlantRecord& fitted : shipped_catalog().plants())
    for (const double cooling : {0.8, 1.25})
      for (const double load : {0.7, 1.0}) {
        PlantRecord plant = fitted;
        plant.heat.resistance_c_per_w *= cooling;
        plant.chat.load_share = load;
        if (plant.heat.ambient_c + plant.heat.resistance_c_per_w * plant.power.idle_w > plant.throttling.at_c - 10)
          continue;  // hot without any work
        PlantHourOptions options;
        options.minutes = 30;
        EXPECT_LE(simulate_hour(plant, options).longest_at_throttle_s, too_hot_at_any_clock(plant) ? 10 : kAtThrottle_s)
            << plant.id << " " << cooling << " " << load;
      }
}

}  // namespace
}  // namespace hearth::test
