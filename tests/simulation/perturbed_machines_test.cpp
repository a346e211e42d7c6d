// Machines that nobody chose the governor's settings on: the shipped ones with cooling, surroundings, load, firmware
// and decoding drawn anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include <fmt/format.h>

#include "machine_hours.h"
#include "shipped_catalog.h"

namespace hearth::test {
namespace {

class Drawing {
 public:
  explicit Drawing(std::uint64_t seed) : random_(seed) {}
  double between(double low, double high) {
    return low + (high - low) * static_cast<double>(random_() >> 11U) * 0x1.0p-53;
  }
  double factor(double most) { return std::exp(between(-std::log(most), std::log(most))); }
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

 private:
  std::mt19937_64 random_;
};

double settled_c(const PlantRecord& plant, double load_share) {
  const double watts = plant.power.idle_w + (plant.power.load_w - plant.power.idle_w) * load_share;
  return plant.heat.ambient_c + plant.heat.resistance_c_per_w * watts;
}

// Hot enough to slow down, not hot without work, and not so ill cooled that the lowest clock is too hot as well.
bool is_worth_governing(const PlantRecord& plant) {
  const double lowest = std::pow(plant.throttling.lowest_clock_share, plant.power.clock_exponent);
  return settled_c(plant, 0) < plant.throttling.at_c - 15 && settled_c(plant, 0.85) > plant.throttling.at_c &&
         settled_c(plant, lowest) < plant.throttling.at_c;
}

PlantRecord perturbed(Drawing& drawing) {
  const auto& shipped = shipped_catalog().plants();
  for (;;) {
    PlantRecord plant = shipped[drawing.below(shipped.size())];
    plant.heat.resistance_c_per_w *= drawing.factor(1.3);
    plant.heat.time_constant_s *= drawing.factor(2);
    plant.heat.ambient_c += drawing.between(-5, 5);
    plant.power.load_w *= drawing.factor(1.2);
    plant.throttling.hysteresis_c *= drawing.factor(1.5);
    plant.throttling.lowest_clock_share = drawing.between(0.35, 0.65);
    plant.chat.load_share = drawing.between(0.6, 0.95);
    plant.chat.memory_bound_share = drawing.between(0.3, 0.9);
    plant.chat.prompt_token_ms *= drawing.factor(1.5);
    plant.chat.streams = 1 + static_cast<std::uint32_t>(drawing.below(4));
    plant.vision->frames_per_s *= drawing.factor(1.5);
    if (is_worth_governing(plant)) return plant;
  }
}

// The gap of a worst minute as planned, on the machine in a cold room: what no step makes shorter.
double gap_when_cool_s(PlantRecord plant, PlantHourOptions options) {
  plant.heat.ambient_c -= 200;
  options.minutes = 5;
  options.governed = false;
  return simulate_hour(plant, options).worst_minute_gap_p99_s;
}

// What is told of the shipped machines, held on machines that were drawn after the settings had been chosen. Not each
// keeps each promise: what is short is printed, and may only become less.
TEST(PerturbedMachines, are_governed_as_the_shipped_ones_are) {
  constexpr std::uint64_t kFirst = 2026, kMachines = 16;
  constexpr int kMissedMax = 3;  // of each promise
  int throttled = 0, fewer = 0, slower = 0, flapping = 0;
  for (std::uint64_t seed = kFirst; seed < kFirst + kMachines; ++seed) {
    Drawing drawing(seed);
    const PlantRecord plant = perturbed(drawing);
    PlantHourOptions options;
    options.seed = seed;
    const PlantHour governed = simulate_hour(plant, options);
    options.governed = false;
    const PlantHour ungoverned = simulate_hour(plant, options);
    const double shortest_s = gap_when_cool_s(plant, options);
    // What is being answered when the hour ends may differ.
    const std::uint64_t under_way = std::uint64_t{plant.chat.streams + 1} * plant.chat.answer_tokens;
    throttled += governed.longest_at_throttle_s > 5 ? 1 : 0;
    fewer += governed.tokens + under_way < ungoverned.tokens ? 1 : 0;
    const double allowed_s = std::max(0.7 * ungoverned.worst_minute_gap_p99_s, 1.02 * shortest_s);
    slower += governed.worst_minute_gap_p99_s > allowed_s ? 1 : 0;
    flapping += governed.steps_when_steady > 6 ? 1 : 0;
    fmt::print(
        "{} {}: tokens {} / {}, worst p99 gap {:.3f} / {:.3f} s (cool {:.3f}), at throttle {:.1f} / {:.1f} s, "
        "{} steps when steady, quality {:.2f}\n",
        seed, plant.id, governed.tokens, ungoverned.tokens, governed.worst_minute_gap_p99_s,
        ungoverned.worst_minute_gap_p99_s, shortest_s, governed.longest_at_throttle_s, ungoverned.longest_at_throttle_s,
        governed.steps_when_steady, governed.quality);
  }
  EXPECT_LE(throttled, kMissedMax);
  EXPECT_LE(fewer, kMissedMax);
  EXPECT_LE(slower, kMissedMax);
  EXPECT_LE(flapping, kMissedMax);
}

}  // namespace
}  // namespace hearth::test
