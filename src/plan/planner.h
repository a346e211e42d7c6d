// Enumerates, budgets, projects, ranks and explains: from a machine and a wish to a plan. Pure; closed formulas only.
#pragma once

#include "domain/hardware_profile.h"
#include "domain/plan.h"
#include "domain/plan_request.h"
#include "hearth/result.h"
#include "plan/plan_inputs.h"

namespace hearth {

// `understanding` must have passed complete_request(). All tasks draw on one ledger of pools; the sum of their scores
// is maximised exactly. A task that nothing fits is listed in Plan::unserved, with at least three ways out in
// alternatives. InvalidArgument where the machine has no memory that is known, or a wished model is in no record and no
// file.
[[nodiscard]] Result<Plan> make_plan(const PlanInputs& inputs, const HardwareProfile& machine,
                                     const PlanUnderstanding& understanding);

}  // namespace hearth
