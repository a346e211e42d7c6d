// Stage 3: which targets a request goes to. Guards, then the policy's rules, then scores, then the bandit among what is
// near the best.
#pragma once

#include <span>

#include "domain/route.h"
#include "domain/route_target.h"
#include "router/policy.h"
#include "router/route_bandit.h"

namespace hearth {

// Where the choice is made from. Borrowed for the call.
struct ChoiceInputs {
  const RoutingPolicy& policy;
  std::span<const RouteTarget> targets;  // kRouteTargetsMax at most; more are not looked at
  const RouteBandit* bandit = nullptr;   // null: off
};

// Fills parts, candidates, rules, caps and flags of `decision`, whose features, verdict, exit and privacy are set.
// No part: no target may or can take it, and each candidate says which rule kept it out. Pure; allocates nothing.
void choose_targets(const ChoiceInputs& inputs, const RouteRequest& request, const MachineState& machine,
                    RouteDecision& decision);

// The reward that the rules expect of a target, from its score: what the bandit's learning is measured against.
[[nodiscard]] float expected_reward(float score);

// The next larger target that may answer when the one that was taken fails: the best candidate of a higher tier;
// kNoTarget where there is none.
[[nodiscard]] TargetIndex promotion_of(const RouteDecision& decision, std::span<const RouteTarget> targets);

}  // namespace hearth
