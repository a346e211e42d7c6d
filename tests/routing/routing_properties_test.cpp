// What must hold in any state of the machine, for any request and whatever the bandit learnt.
#include <gtest/gtest.h>

#include "random_states.h"
#include "router/target_choice.h"

namespace hearth {
namespace {

TEST(RoutingPropertiesTest, nothing_secret_leaves_in_thirty_thousand_random_states) {
  hold_in_random_states(30'000, 1);
}

TEST(RoutingPropertiesTest, affinity_is_kept_where_it_costs_nothing) {
  const RoutingPolicy policy = shipped_policy();
  const auto targets = sample_targets();
  const RouteBandit bandit = misled_bandit(targets);
  std::vector<TargetState> states(targets.size());
  RandomStates random(3);
  std::uint64_t n_free = 0, n_kept = 0;
  for (int i = 0; i < 30'000; ++i) {
    RouteRequest request = random.request();
    const RouteDecision given = random.decision();
    MachineState machine = random.machine(states);
    const TargetIndex session = machine.session_target;
    if (session < 0) continue;
    machine.session_target = kNoTarget;  // where would it go by itself, and what would staying cost?
    RouteDecision free = given;
    choose_targets({policy, targets, nullptr}, request, machine, free);
    if (free.target() < 0) continue;
    const RouteCandidate& stay = free.candidates[static_cast<std::size_t>(session)];
    const RouteCandidate& best = free.candidates[static_cast<std::size_t>(free.target())];
    if (stay.verdict == CandidateVerdict::kRuledOut || stay.verdict == CandidateVerdict::kPart ||
        stay.score < best.score)
      continue;
    ++n_free;
    machine.session_target = session;
    RouteDecision decision = given;
    choose_targets({policy, targets, &bandit}, request, machine, decision);
    n_kept += decision.target() == session ? 1 : 0;
  }
  EXPECT_GT(n_free, 500U);
  EXPECT_GE(static_cast<double>(n_kept), 0.95 * static_cast<double>(n_free));
}

TEST(RoutingPropertiesTest, the_same_state_gives_the_same_route) {
  const RoutingPolicy policy = shipped_policy();
  const auto targets = sample_targets();
  const RouteBandit bandit = misled_bandit(targets);
  std::vector<TargetState> states(targets.size());
  RandomStates random(4);
  for (int i = 0; i < 2000; ++i) {
    RouteRequest request = random.request();
    RouteDecision once = random.decision();
    RouteDecision twice = once;
    const MachineState machine = random.machine(states);
    choose_targets({policy, targets, &bandit}, request, machine, once);
    choose_targets({policy, targets, &bandit}, request, machine, twice);
    ASSERT_EQ(once.n_parts, twice.n_parts);
    ASSERT_EQ(once.target(), twice.target());
  }
}

}  // namespace
}  // namespace hearth
