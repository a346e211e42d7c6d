// A chosen candidate as the plan shows it.
#pragma once

#include "domain/plan.h"
#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

[[nodiscard]] PlanChoice plan_choice(const Candidate& candidate, const TaskSpec& spec, const PlanContext& context);

}  // namespace hearth
