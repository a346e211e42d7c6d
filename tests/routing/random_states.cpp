#include "random_states.h"

#include <gtest/gtest.h>

#include "router/target_choice.h"

namespace hearth {

RouteBandit misled_bandit(const std::vector<RouteTarget>& targets) {
  RouteBandit bandit({.on = true, .margin = 10, .exploration = 5, .explore_share = 1, .forget = 0.999});
  for (int round = 0; round < 50; ++round)
    for (const RouteTarget& target : targets) {
      BanditChoice choice;
      choice.context.fill(0.5F);
      RouteOutcome outcome;
      outcome.failed = target.device != TargetDevice::kRemote;
      bandit.learn(target.name, choice, outcome);
    }
  return bandit;
}

void hold_in_random_states(std::uint64_t n, std::uint64_t seed) {
  const RoutingPolicy policy = shipped_policy();
  const auto targets = sample_targets();
  const RouteBandit bandit = misled_bandit(targets);
  std::vector<TargetState> states(targets.size());
  RandomStates random(seed);
  std::uint64_t n_airgapped = 0, n_routed_airgapped = 0;
  for (std::uint64_t i = 0; i < n; ++i) {
    RouteRequest request = random.request();
    RouteDecision decision = random.decision();
    const MachineState machine = random.machine(states);
    choose_targets({policy, targets, random.chance(0.5F) ? &bandit : nullptr}, request, machine, decision);
    const bool airgapped = request.security == SecurityLevel::kAirgap;
    n_airgapped += airgapped ? 1 : 0;
    n_routed_airgapped += airgapped && decision.n_parts > 0 ? 1 : 0;
    for (std::size_t p = 0; p < decision.n_parts; ++p) {
      const auto at = static_cast<std::size_t>(decision.parts[p].target);
      ASSERT_LT(at, targets.size());
      const RouteTarget& target = targets[at];
      ASSERT_TRUE(states[at].available) << "state " << i;
      if (airgapped) ASSERT_EQ(target.device, TargetDevice::kCpu) << "airgap violated in state " << i;
      if (target.device != TargetDevice::kRemote) continue;
      ASSERT_EQ(request.security, SecurityLevel::kOpen) << "state " << i;
      ASSERT_FALSE(decision.privacy.personal) << "state " << i;
      ASSERT_TRUE(machine.remote_allowed) << "state " << i;
    }
  }
  EXPECT_GT(n_airgapped, n / 4);
  EXPECT_GT(n_routed_airgapped, n_airgapped / 4) << "the property was hardly put to the test";
}

}  // namespace hearth
