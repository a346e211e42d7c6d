// The same day of requests under different ways to route: what each earned, missed and gave away.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "router/policy.h"
#include "sim/route_world.h"

namespace hearth {

enum class RouteStrategy : std::uint8_t { kRules, kRulesAndBandit, kRoundRobin, kAlwaysLarge, kAlwaysSmall, kOracle };
inline constexpr std::array<std::string_view, 6> kRouteStrategyNames = {"rules",        "rules + bandit", "round robin",
                                                                        "always large", "always small",   "oracle"};

// Over all requests of a day. Regret of one request: expected reward of the best target in that moment less that of
// the one it went to.
struct ContestResult {
  RouteStrategy strategy = RouteStrategy::kRules;
  std::uint64_t seed = 0;
  std::size_t n = 0;
  double reward = 0;       // mean, expected
  double regret = 0;       // sum
  double late_regret = 0;  // sum over the second half
  std::size_t slo_asked = 0, slo_missed = 0;
  std::size_t airgap_violations = 0;
  std::size_t affinity_free = 0, affinity_kept = 0;  // staying was at least as good by the rules; it stayed
  std::size_t explored = 0;
};

[[nodiscard]] ContestResult run_route_day(const RoutingPolicy& policy, const std::vector<RouteTarget>& targets,
                                          RouteStrategy strategy, std::uint64_t seed, std::size_t n_requests);

}  // namespace hearth
