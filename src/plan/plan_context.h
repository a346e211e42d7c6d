// What every part of the planner reads while one plan is made. Borrowed, immutable.
#pragma once

#include <vector>

#include "domain/hardware_profile.h"
#include "domain/plan_request.h"
#include "plan/calibration.h"
#include "plan/execution_target.h"
#include "plan/plan_inputs.h"
#include "plan/pool_ledger.h"

namespace hearth {

struct PlanContext {
  const PlanInputs& inputs;
  const HardwareProfile& machine;
  const PlanRequest& request;
  const PoolLedger& ledger;
  const std::vector<ExecutionTarget>& targets;
  const Calibration& calibration;
  const CatalogPrecision* floor = nullptr;  // of the uses asked for; nullptr: none
};

// Bandwidth in GB/s that a device's fits count with: its own memory's, else the bus of the machine, else what was
// measured. Nothing where all are unknown.
[[nodiscard]] std::optional<double> target_bandwidth(const HardwareProfile& machine, const ProfileAccelerator* device);

// The name a measured table would give the device.
[[nodiscard]] std::string speed_device_name(const HardwareProfile& machine, const ProfileAccelerator* device);

// How speed on a hot device relates to the first minute's, from the device's cooling.
[[nodiscard]] Interval sustained_share(const HardwareProfile& machine, PlanPower power);

}  // namespace hearth
