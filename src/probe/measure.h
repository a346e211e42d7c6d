// Measures what a machine can do rather than what it says: memory, arithmetic, disk. Bounded in time as a whole.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "domain/hardware_profile.h"
#include "platform/system_tree.h"

namespace hearth {

struct MeasureRequest {
  std::filesystem::path home;                // where a file may be written to measure the disk with
  std::chrono::milliseconds time_max{8000};  // for everything together
};

// Fills the rates of `profile`, which was read from this machine, each with its spread. What can't be measured is in
// `skipped` with the reason. Returns why the values are not to be kept (another program's load, heat), or empty: they
// are given as they are, with their spread, and the same reason is in `skipped`.
// Uses all CPUs that this process may use; takes up to time_max, and up to 1 GiB of the free memory while it does.
[[nodiscard]] std::string measure_machine(const SystemTree& tree, const MeasureRequest& request,
                                          HardwareProfile& profile);

}  // namespace hearth
