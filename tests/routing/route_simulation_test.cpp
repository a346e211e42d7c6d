// Days of simulated requests under each way to route: what the bandit must earn, and what it must not cost.
#include <gtest/gtest.h>

#include <array>

#include "routing_fixture.h"
#include "sim/route_contest.h"

namespace hearth {
namespace {

constexpr std::size_t kRequests = 2000;
constexpr std::uint64_t kSeeds = 20;

struct Sums {
  double reward = 0, regret = 0;
  std::size_t slo_missed = 0, airgap_violations = 0, affinity_free = 0, affinity_kept = 0, explored = 0;
};

const std::array<Sums, kRouteStrategyNames.size()>& sums() {
  static const auto all = [] {
    std::array<Sums, kRouteStrategyNames.size()> sums;
    const RoutingPolicy policy = shipped_policy(false);
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      for (std::size_t s = 0; s < sums.size(); ++s) {
        const ContestResult r = run_route_day(policy, sample_targets(), static_cast<RouteStrategy>(s), seed, kRequests);
        sums[s].reward += r.reward / kSeeds;
        sums[s].regret += r.regret;
        sums[s].slo_missed += r.slo_missed;
        sums[s].airgap_violations += r.airgap_violations;
        sums[s].affinity_free += r.affinity_free;
        sums[s].affinity_kept += r.affinity_kept;
        sums[s].explored += r.explored;
      }
    }
    return sums;
  }();
  return all;
}

const Sums& of(RouteStrategy strategy) { return sums()[static_cast<std::size_t>(strategy)]; }

TEST(RouteSimulationTest, the_bandit_halves_the_regret_of_rules_within_two_thousand_requests) {
  EXPECT_LE(of(RouteStrategy::kRulesAndBandit).regret, 0.5 * of(RouteStrategy::kRules).regret);
  EXPECT_GT(of(RouteStrategy::kRulesAndBandit).reward, of(RouteStrategy::kRules).reward);
}

TEST(RouteSimulationTest, the_bandit_misses_no_more_slos_than_rules) {
  EXPECT_LE(of(RouteStrategy::kRulesAndBandit).slo_missed, of(RouteStrategy::kRules).slo_missed);
}

TEST(RouteSimulationTest, no_day_sees_an_airgap_violated) {
  for (const Sums& sum : sums()) EXPECT_EQ(sum.airgap_violations, 0U);
}

TEST(RouteSimulationTest, conversations_stay_where_that_is_free) {
  for (const auto strategy : {RouteStrategy::kRules, RouteStrategy::kRulesAndBandit}) {
    const Sums& sum = of(strategy);
    EXPECT_GT(sum.affinity_free, 1000U);
    EXPECT_GE(static_cast<double>(sum.affinity_kept), 0.95 * static_cast<double>(sum.affinity_free));
  }
}

TEST(RouteSimulationTest, rules_beat_the_simple_ways) {
  for (const auto simple : {RouteStrategy::kRoundRobin, RouteStrategy::kAlwaysLarge, RouteStrategy::kAlwaysSmall})
    EXPECT_GT(of(RouteStrategy::kRules).reward, of(simple).reward);
}

TEST(RouteSimulationTest, exploration_is_bounded) {
  const double share = static_cast<double>(of(RouteStrategy::kRulesAndBandit).explored) / (kSeeds * kRequests);
  EXPECT_GT(share, 0);
  EXPECT_LE(share, 0.1 + 5.0 / kRequests);
}

}  // namespace
}  // namespace hearth
