// Where this machine can send requests: from its plan, from what a server serves, or a usual set where there is
// neither.
#pragma once

#include <string>
#include <vector>

#include "domain/plan.h"
#include "domain/route_target.h"
#include "engine/text_service.h"

namespace hearth {

struct RouteTargets {
  std::vector<RouteTarget> targets;  // kRouteTargetsMax at most
  std::string source;                // "plan", "server", "usual set"
  std::string notice;                // what was left out, and why; may be empty
};

// The choices of a plan with its projections. Choices for tasks that no request asks for (detection, embedding) are no
// targets.
[[nodiscard]] RouteTargets targets_of_plan(const Plan& plan);

// The text models of a running server, in its order, so that a target's index is stable while it runs. What nobody
// projected is estimated from the size of the files.
[[nodiscard]] RouteTargets targets_of_server(const std::vector<ModelFacts>& models);

// Models of the catalogue that a machine with 16 GB and no accelerator runs, so that routing can be looked at before
// anything was planned.
[[nodiscard]] RouteTargets usual_targets();

}  // namespace hearth
