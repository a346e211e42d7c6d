// Compares ways to route over simulated days and prints JSON: routing_simulation [SEEDS] [REQUESTS]
// [FIRST_SEED].
#include <cstdio>
#include <cstdlib>

#include "routing_fixture.h"
#include "sim/route_contest.h"

int main(int argc, char** argv) {
  using namespace hearth;
  const auto n_seeds = static_cast<std::uint64_t>(argc > 1 ? std::atoi(argv[1]) : 20);
  const auto n_requests = static_cast<std::size_t>(argc > 2 ? std::atoi(argv[2]) : 2000);
  const auto first = static_cast<std::uint64_t>(argc > 3 ? std::atoll(argv[3]) : 1);
  const RoutingPolicy policy = shipped_policy(false);
  const auto targets = sample_targets();
  std::printf("{\"requests\": %zu, \"days\": [\n", n_requests);
  for (std::uint64_t seed = first; seed < first + n_seeds; ++seed) {
    for (std::size_t s = 0; s < kRouteStrategyNames.size(); ++s) {
      const ContestResult r = run_route_day(policy, targets, static_cast<RouteStrategy>(s), seed, n_requests);
      std::printf(
          "  {\"seed\": %llu, \"strategy\": \"%.*s\", \"mean_reward\": %.4f, \"regret\": %.2f, \"late_regret\": %.2f, "
          "\"slo_asked\": %zu, \"slo_missed\": %zu, \"airgap_violations\": %zu, \"affinity_free\": %zu, "
          "\"affinity_kept\": %zu, \"explored\": %zu}%s\n",
          static_cast<unsigned long long>(seed), static_cast<int>(kRouteStrategyNames[s].size()),
          kRouteStrategyNames[s].data(), r.reward, r.regret, r.late_regret, r.slo_asked, r.slo_missed,
          r.airgap_violations, r.affinity_free, r.affinity_kept, r.explored,
          seed + 1 == first + n_seeds && s + 1 == kRouteStrategyNames.size() ? "" : ",");
    }
  }
  std::printf("]}\n");
}
