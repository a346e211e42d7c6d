// What surrounds the choices of a plan: rejections, ways out, risks, ladders, service levels, verification.
#pragma once

#include <cstddef>
#include <vector>

#include "domain/plan.h"
#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

// A task with its options and what was chosen of them, nullptr where it is left unserved.
struct DecidedTask {
  const TaskOptions* options = nullptr;
  const Candidate* chosen = nullptr;
  PoolBytes others{};  // what the other tasks of the plan take
  std::vector<Candidate>
      substitutes;  // of an unserved task whose model was wished: what fits if it were not, best first
};

// One line for each model that is not chosen, nearest first, at most `limit` for a task.
[[nodiscard]] std::vector<PlanRejection> rejections_of(const DecidedTask& task, std::size_t limit);

// Other ways with their figures: for an unserved task at least three ways out, for a served one what it could be traded
// for. Nothing remote where the request forbids it.
[[nodiscard]] std::vector<PlanAlternative> alternatives_of(const DecidedTask& task, const PlanContext& context);

[[nodiscard]] std::vector<PlanRung> ladder_of(const DecidedTask& task, const PlanContext& context);

[[nodiscard]] std::vector<PlanRisk> risks_of(const Plan& plan, const PlanContext& context);

[[nodiscard]] std::vector<PlanSloCheck> slo_checks(const Plan& plan, const PlanContext& context);

[[nodiscard]] std::vector<PlanVerification> verification_of(const Plan& plan);

}  // namespace hearth
