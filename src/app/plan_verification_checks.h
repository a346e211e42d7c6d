// What a plan promises for each figure, and how a measurement stands to it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/plan_verification.h"
#include "domain/plan.h"

namespace hearth {

// Absent: the plan says nothing of it.
struct PlanPromise {
  std::optional<double> projected, low, high;
  std::optional<double> raw;  // by the fitted model, before any correction; absent where that is not known
};

// The promise for a metric as VerifyMeasurement names it. Speeds and times: the plan's intervals. Bytes of a component
// and of all: within 1 % or 1 MiB of a runtime's estimate, 5 % or 32 MiB of a formula. Peak resident memory: at most 2
// % or 8 MiB above what is planned, and no promise where the plan has no figure for the runtime itself.
[[nodiscard]] PlanPromise promise_of(const PlanChoice& choice, std::string_view metric);

// One check for each measurement, by the plan's own verification steps where it has one for the task and metric; then a
// skipped check for each step that nothing was measured for. `tolerance` widens the bounds by that share.
[[nodiscard]] std::vector<VerifyCheck> compare_choice(const Plan& plan, const PlanChoice& choice,
                                                      const std::vector<VerifyMeasurement>& measured, double tolerance);

// "speed", "latency", "memory", "placement" or "quality", for the ledger.
[[nodiscard]] const char* kind_of_metric(std::string_view metric);

}  // namespace hearth
