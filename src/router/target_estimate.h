// What one target would make of a request just now: whether it can, how long it would take, what it would spend.
#pragma once

#include "domain/route.h"
#include "domain/route_target.h"
#include "router/policy.h"

namespace hearth {

struct TargetEstimate {
  RuleIndex guard = kNoRule;      // that rules it out
  std::uint32_t context_cap = 0;  // it fits with a context this short; 0: with all of it
  float expected_ms = 0;          // queue, load, prompt and answer; 0: not known
  float energy_j = 0;             // 0: not known
  float cost = 0;
  TargetFacts facts{};
};

// One call's view of everything that bears on a choice. Borrows for the call.
struct PolicyView {
  const RouteRequest& request;
  const MachineState& machine;
  std::span<const RouteTarget> targets;
  const RouteDecision& decision;  // features, verdict and privacy are in it
  float answer_tokens = 0;        // asked for, or expected
};

// `skill`: what the part of the route asks of it. Pure; allocates nothing.
[[nodiscard]] TargetEstimate estimate_target(const RoutingPolicy& policy, const PolicyView& view, TargetIndex index,
                                             Skill skill);

}  // namespace hearth
