// Plans over the shipped catalogue, for tests.
#pragma once

#include <string>
#include <string_view>

#include "app/catalog_loading.h"
#include "domain/plan.h"
#include "plan/planner.h"

namespace hearth::test {

// Loaded once; aborts the test program with the reason where the shipped data can't be read.
[[nodiscard]] const Catalog& shipped_catalog();
[[nodiscard]] const SpeedModel& shipped_speeds();
[[nodiscard]] PlanInputs shipped_inputs();

// The machine of a device record; aborts on an unknown name.
[[nodiscard]] HardwareProfile machine_called(std::string_view device);

// Words and flags to a plan on a device record (or on `machine`, where one is given). `probe` is read as a plain
// desktop.
[[nodiscard]] Result<Plan> plan_words(std::string_view words, PlanRequest flags = {});
[[nodiscard]] Result<Plan> plan_request(const PlanRequest& request);
[[nodiscard]] Result<Plan> plan_on(const HardwareProfile& machine, const PlanRequest& request);

}  // namespace hearth::test
