#include "sim/route_contest.h"

#include <algorithm>

#include "router/target_choice.h"

namespace hearth {
namespace {

struct Moment {
  const RoutingPolicy& policy;
  const std::vector<RouteTarget>& targets;
  RouteWorld& world;
  const WorldRequest& request;
  const MachineState& machine;
};

TargetIndex best_of(const Moment& m, const auto& value) {
  TargetIndex best = kNoTarget;
  double best_value = 0;
  for (std::size_t i = 0; i < m.targets.size(); ++i) {
    const RouteProspect p = m.world.prospect(m.request, static_cast<TargetIndex>(i));
    if (!p.possible) continue;
    const double v = value(m.targets[i], p);
    if (best >= 0 && v <= best_value) continue;
    best = static_cast<TargetIndex>(i);
    best_value = v;
  }
  return best;
}

TargetIndex next_in_turn(const Moment& m, std::size_t& turn) {
  for (std::size_t tries = 0; tries < m.targets.size(); ++tries) {
    const auto target = static_cast<TargetIndex>(turn++ % m.targets.size());
    if (m.world.prospect(m.request, target).possible) return target;
  }
  return kNoTarget;
}

RouteDecision decide(const Moment& m, const RouteBandit* bandit) {
  RouteDecision decision = m.request.given;
  choose_targets({m.policy, m.targets, bandit}, m.request.request, m.machine, decision);
  return decision;
}

// The best of what the rules leave: no way to route may override them, so none is measured against that.
TargetIndex oracle(const Moment& m) {
  const RouteDecision ruled = decide(m, nullptr);
  TargetIndex best = kNoTarget;
  float best_reward = 0;
  for (std::size_t i = 0; i < ruled.n_candidates; ++i) {
    if (ruled.candidates[i].verdict == CandidateVerdict::kRuledOut) continue;
    const RouteProspect p = m.world.prospect(m.request, static_cast<TargetIndex>(i));
    if (!p.possible || (best >= 0 && p.reward <= best_reward)) continue;
    best = static_cast<TargetIndex>(i);
    best_reward = p.reward;
  }
  return best;
}

// Whether staying with the conversation's target costs nothing by the rules, session rule left aside.
bool staying_is_free(const Moment& m) {
  if (m.machine.session_target < 0) return false;
  MachineState without = m.machine;
  without.session_target = kNoTarget;
  RouteDecision free = m.request.given;
  choose_targets({m.policy, m.targets, nullptr}, m.request.request, without, free);
  if (free.target() < 0) return false;
  const RouteCandidate& stay = free.candidates[static_cast<std::size_t>(m.machine.session_target)];
  return stay.verdict != CandidateVerdict::kRuledOut &&
         stay.score >= free.candidates[static_cast<std::size_t>(free.target())].score;
}

}  // namespace

ContestResult run_route_day(const RoutingPolicy& policy, const std::vector<RouteTarget>& targets,
                            RouteStrategy strategy, std::uint64_t seed, std::size_t n_requests) {
  RouteWorld world(targets, policy.weights(), {}, seed);
  RouteBandit bandit(policy.bandit());
  ContestResult result{.strategy = strategy, .seed = seed, .n = n_requests};
  std::size_t turn = 0;
  for (std::size_t n = 0; n < n_requests; ++n) {
    const WorldRequest request = world.next();
    const MachineState machine = world.machine(request);
    const Moment m{policy, targets, world, request, machine};
    const TargetIndex best = oracle(m);
    TargetIndex taken = kNoTarget;
    RouteDecision decision;
    switch (strategy) {
      case RouteStrategy::kRules: taken = (decision = decide(m, nullptr)).target(); break;
      case RouteStrategy::kRulesAndBandit: taken = (decision = decide(m, &bandit)).target(); break;
      case RouteStrategy::kRoundRobin: taken = next_in_turn(m, turn); break;
      case RouteStrategy::kAlwaysLarge:
        taken = best_of(m, [](const RouteTarget& t, const RouteProspect&) { return t.quality; });
        break;
      case RouteStrategy::kAlwaysSmall:
        taken = best_of(m, [](const RouteTarget& t, const RouteProspect&) { return -t.quality; });
        break;
      case RouteStrategy::kOracle: taken = best; break;
    }
    if (taken < 0 || best < 0) continue;
    const RouteProspect prospect = world.prospect(request, taken);
    const double regret =
        static_cast<double>(world.prospect(request, best).reward) - static_cast<double>(prospect.reward);
    const bool airgapped = request.request.security == SecurityLevel::kAirgap;
    result.airgap_violations +=
        airgapped && targets[static_cast<std::size_t>(taken)].device != TargetDevice::kCpu ? 1 : 0;
    if (staying_is_free(m)) {
      ++result.affinity_free;
      result.affinity_kept += taken == machine.session_target ? 1 : 0;
    }
    BanditChoice choice;
    if (strategy == RouteStrategy::kRulesAndBandit) {
      choice.context = bandit_context(decision, machine, request.request);
      choice.expected = expected_reward(decision.candidates[static_cast<std::size_t>(taken)].score);
      bandit.count(decision.explored);
      result.explored += decision.explored ? 1 : 0;
    }
    RouteOutcome outcome = world.run(request, taken);
    if (strategy == RouteStrategy::kRulesAndBandit) {
      const std::string& name = targets[static_cast<std::size_t>(taken)].name;
      const float planned_ms =
          decision.candidates[static_cast<std::size_t>(taken)].expected_ms / bandit.time_factor(name);
      if (planned_ms > 0) outcome.time_ratio = prospect.total_ms / planned_ms;
      bandit.learn(name, choice, outcome);
    }
    result.reward += static_cast<double>(prospect.reward) / static_cast<double>(n_requests);
    result.regret += regret;
    if (n >= n_requests / 2) result.late_regret += regret;
    if (request.request.slo.count() > 0) {
      ++result.slo_asked;
      result.slo_missed += outcome.slo_met ? 0 : 1;
    }
  }
  return result;
}

}  // namespace hearth
