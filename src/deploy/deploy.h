// A plan as files of other programs, each of which really starts what it names with the plan's values.
#pragma once

#include <vector>

#include "domain/plan.h"

namespace hearth {

// The files for everything that `plan` chose, by the runtime, format and system of each choice; paths are relative to
// the plan's folder, each appears once, and all are under "deploy/". Scripts change to the plan's folder first and look
// for weights in its "models/". Servers listen on 127.0.0.1, except inside containers.
// An offline or private plan yields files that fetch nothing: weights and images must lie there, and each file says
// which. Names may hold anything: they are quoted for each format. Pure; does not look at plan.configs.
[[nodiscard]] std::vector<PlanConfigFile> deployment_configs(const Plan& plan);

}  // namespace hearth
