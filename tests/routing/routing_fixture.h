// The shipped routing policy over a set of targets of all kinds.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/route_target.h"
#include "router/policy.h"

namespace hearth {

// data/policies/routing/default.json, checked against its schema; `remote` as if the user had allowed it.
[[nodiscard]] RoutingPolicy shipped_policy(bool remote = true);

// A tiny and a small model on the CPU, a medium one and one for code on the GPU, a large one far away, and one each
// that sees, hears and speaks.
[[nodiscard]] std::vector<RouteTarget> sample_targets();

// The index of a sample target; kNoTarget for an unknown name.
[[nodiscard]] TargetIndex index_of(const std::vector<RouteTarget>& targets, std::string_view name);

// What stages 1 and 2 would hand over: an intent with its usual difficulty.
[[nodiscard]] RouteDecision decided(Intent intent, float difficulty = 0.5F);

}  // namespace hearth
