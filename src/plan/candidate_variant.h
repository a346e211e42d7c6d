// A candidate with something changed: counted and projected again.
#pragma once

#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

// Memory, pools and (of models that generate text) speed of a candidate whose model, precision, cache, context, users
// or placement was changed; nothing is streamed any more. False where the runtime refuses the combination.
[[nodiscard]] bool recount(Candidate& candidate, const PlanContext& context);

}  // namespace hearth
