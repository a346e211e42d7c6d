// Decode and prefill of a language model on one target, wherever its parts lie.
#pragma once

#include <optional>

#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

// The fitted profiles of one target in one precision: of its device, and of the processor for what stays there.
struct TextProfiles {
  SpeedProfile device;
  std::optional<SpeedProfile> processor;
};

// NotFound where the device's bandwidth is unknown.
[[nodiscard]] Result<TextProfiles> text_profiles(const PlanContext& context, const ExecutionTarget& target,
                                                 const CatalogPrecision& precision);

// Fills candidate.speed (prefill, decode, latency_ms as the time to the first token when all users ask at once).
// Needs memory, placement, context and users to be set.
void project_text(Candidate& candidate, const TextProfiles& profiles, const PlanContext& context);

}  // namespace hearth
