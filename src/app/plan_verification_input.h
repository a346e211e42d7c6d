// The plan that is to be verified, and whether it is one for this machine.
#pragma once

#include <filesystem>
#include <string>

#include "domain/hardware_profile.h"
#include "domain/plan.h"
#include "hearth/result.h"

namespace hearth {

// Where the current plan lies below the home folder.
inline constexpr const char* kCurrentPlanFile = "plans/current/plan.json";

struct PlanInput {
  std::filesystem::path path;
  Plan plan;
};

// `given`: a plan's file, a folder that holds plan.json, or empty for the current plan. NotFound, InvalidData with the
// field that is wrong, Unsupported for a plan of a newer program, InvalidArgument for one without choices.
[[nodiscard]] Result<PlanInput> open_plan(const std::filesystem::path& given, const std::filesystem::path& home);

// How the ledger names a machine: by its device record, or by its name.
[[nodiscard]] std::string machine_key(const HardwareProfile& machine);

// Forbidden when the plan is for another machine than `own`.
[[nodiscard]] Status check_machine(const Plan& plan, const HardwareProfile& own);

}  // namespace hearth
