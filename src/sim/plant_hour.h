// A while on a simulated machine, with and without the governor, and what came of it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "domain/ladder.h"
#include "governor/governor.h"
#include "hearth/result.h"
#include "sim/plant_load.h"

namespace hearth {

struct PlantHourOptions {
  double minutes = 60;
  bool vision = true;
  bool governed = true;
  bool until_empty = false;  // goes on until the battery is, at most 48 hours; the figures are of the first `minutes`
  std::uint64_t seed = 1;
  GovernorLimits limits;
  Ladder chat_ladder, vision_ladder;  // for `governed`
  std::filesystem::path tree;         // an empty folder, for `governed`: the simulated /sys
};

// Every few seconds.
struct PlantMoment {
  double at_s = 0;
  double temperature_c = 0, clock_share = 1, power_w = 0;
  std::size_t chat_rung = 0, vision_rung = 0;
  double tok_s = 0, frames_per_s = 0;  // since the moment before
  std::optional<double> battery_percent;
};

struct PlantHour {
  std::vector<PlantMoment> moments;
  std::vector<GovernorStep> steps;
  std::uint64_t tokens = 0, frames = 0, answered = 0, refused = 0;
  std::uint64_t tokens_last_third = 0, frames_last_third = 0;
  double quality = 1;  // of the tokens on average, against "as planned"
  double hottest_c = 0, longest_at_throttle_s = 0;
  double worst_minute_gap_p99_s = 0;
  std::size_t steps_when_steady = 0;  // after the first quarter of an hour
  double energy_j = 0;
  std::optional<double> battery_hours;  // with until_empty
};

// Deterministic: the same options give the same hour. kInvalidArgument for minutes out of 1 to 1440; errors of writing
// the tree.
[[nodiscard]] Result<PlantHour> simulate_plant(const PlantRecord& plant, const PlantHourOptions& options);

}  // namespace hearth
