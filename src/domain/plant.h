// A machine as a model for simulations: heat of the first order, firmware that slows it down, a battery, a steady load.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "domain/catalog_record.h"

namespace hearth {

struct PlantHeat {
  double ambient_c = 25;
  double resistance_c_per_w = 1;
  double time_constant_s = 100;
};

struct PlantPower {
  double idle_w = 1, load_w = 2;
  double clock_exponent = 2.5;  // power above idle grows with the clock to this power
  std::optional<double> battery_wh;
};

// Each second at or above `at_c` the clock falls by a step; each second below it less the hysteresis it rises by one.
struct PlantThrottling {
  double at_c = 85, hysteresis_c = 5;
  double lowest_clock_share = 0.5, step_share = 0.1;
};

struct PlantSensors {
  std::string zone;
  double temperature_step_c = 1;
  std::int64_t clock_max_khz = 1'000'000;
  std::string power;  // "rapl", "rail", "battery"; empty: nothing tells
};

struct PlantChat {
  double token_ms = 100;
  double memory_bound_share = 0.5;  // of token_ms, which neither clock nor threads change
  double prompt_token_ms = 10;
  std::uint32_t prompt_tokens = 128, answer_tokens = 128, streams = 1;
  double load_share = 0.85;  // of what the cool machine can do, vision included
};

struct PlantVision {
  double frame_ms = 50;
  double frames_per_s = 2;
};

struct PlantRecord : CatalogRecord {
  std::string device;  // of the catalogue
  PlantHeat heat;
  PlantPower power;
  PlantThrottling throttling;
  PlantSensors sensors;
  PlantChat chat;
  std::optional<PlantVision> vision;
};

}  // namespace hearth
