// `hearth simulate`: a while of steady load on a simulated machine, governed against ungoverned.
#pragma once

#include <filesystem>
#include <string>

#include "domain/ladder.h"
#include "domain/plant.h"
#include "hearth/result.h"
#include "sim/plant_hour.h"

namespace hearth {

struct SimulationOrder {
  std::string device;                    // of data/plants: "pi5", "phone"
  std::string workload = "chat+vision";  // or "chat"
  double minutes = 60;
  std::uint64_t seed = 1;
};

struct DeviceSimulation {
  SimulationOrder order;
  PlantRecord plant;
  Ladder chat, vision;
  PlantHour governed, ungoverned;

  // Of the governed hour against the other: at least 1 is at least as many tokens.
  [[nodiscard]] double tokens_ratio() const;
  [[nodiscard]] double last_third_ratio() const;
  [[nodiscard]] double gap_ratio() const;  // of the p99 gaps of the worst minutes; below 1 is shorter
};

// kNotFound for a machine that nobody described, with the nearest name; kInvalidArgument for another workload or
// minutes out of 1 to 1440. Writes a simulated /sys into the system's folder for temporary files and removes it.
// Cost: some seconds of one core for an hour.
[[nodiscard]] Result<DeviceSimulation> simulate_device(const std::filesystem::path& data_folder,
                                                       const SimulationOrder& order);

}  // namespace hearth
