// Where a runtime can run on a machine: one entry of its support that the machine satisfies, on one device.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "domain/hardware_profile.h"
#include "plan/plan_inputs.h"
#include "plan/pool_ledger.h"

namespace hearth {

struct ExecutionTarget {
  const CatalogRuntime* runtime = nullptr;
  const CatalogSupport* support = nullptr;
  std::string backend;                              // "cpu", "cuda", "metal", ... as the runtime's record words it
  const ProfileAccelerator* accelerator = nullptr;  // nullptr: the CPU
  std::vector<const ProfileAccelerator*> alike;     // further accelerators of the same kind
  std::size_t pool = PoolLedger::ram();             // where its bytes lie
  std::optional<std::size_t> bound;                 // what an integrated device may use of RAM
  bool present = false;                             // installed on the machine the plan is made on

  [[nodiscard]] bool own_memory() const { return pool != PoolLedger::ram(); }
  [[nodiscard]] std::string device() const { return accelerator ? accelerator->id : "cpu"; }
};

struct TargetSet {
  std::vector<ExecutionTarget> targets;
  std::vector<std::string> left_out;  // one line for each device that is not planned on, with the reason
};

// Every runtime that is an engine, on every device of the machine it supports. The machine's profile, the catalogue and
// the ledger must outlive the result.
[[nodiscard]] TargetSet execution_targets(const PlanInputs& inputs, const HardwareProfile& machine,
                                          const PoolLedger& ledger);

// False for a precision that needs arithmetic the device lacks: FP8 before compute capability 8.9, NVFP4 before 10.0,
// and both on anything that has no such capability.
[[nodiscard]] bool computes_in(const ExecutionTarget& target, const CatalogPrecision& precision);

// The first format that the target reads, the model is published in and the precision exists in; empty where there is
// none.
[[nodiscard]] std::string format_for(const ExecutionTarget& target, const CatalogPrecision& precision,
                                     const CatalogModel& model);

// Arithmetic rate in TFLOPS that the fits of vision and audio count with: half precision on GPUs, half the int8 rate on
// NPUs, vector FP32 on CPUs (cores x clock x lanes). Nothing where the facts for it are unknown.
[[nodiscard]] std::optional<double> compute_tflops(const HardwareProfile& machine, const ProfileAccelerator* device);

}  // namespace hearth
