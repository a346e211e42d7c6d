#include "router/target_choice.h"

#include <algorithm>
#include <cmath>

#include "router/route_parts.h"
#include "router/target_estimate.h"

namespace hearth {
namespace {

// Scores this near are a tie: the session's target then keeps its conversation.
constexpr float kTie = 0.02F;
// What learning may cost in time, beside the best by rules: behind a slow answer others wait, which no single outcome
// shows. Source: bench/results/routing.json: without it late answers nearly double, with it a third of them goes.
constexpr float kSlowerMost = 1.5F;

bool all_hold(const std::vector<CompiledCondition>& conditions, const float* facts) {
  return std::ranges::all_of(conditions, [&](const CompiledCondition& c) { return c.holds(facts); });
}

// One part's choice under way.
class PartChoice {
 public:
  PartChoice(const ChoiceInputs& inputs, const PolicyView& view, const RouteFacts& facts)
      : inputs_(inputs), view_(view), facts_(facts), n_(std::min(inputs.targets.size(), kRouteTargetsMax)) {}

  void weigh(Skill skill, RouteDecision& decision);
  [[nodiscard]] TargetIndex choose(RouteDecision& decision, bool may_learn);
  void record(RouteDecision& decision, TargetIndex taken) const;
  [[nodiscard]] const TargetEstimate& estimate(TargetIndex index) const {
    return estimates_[static_cast<std::size_t>(index)];
  }

 private:
  void apply(const CompiledRule& rule, RuleIndex index, RouteDecision& decision);
  void rule_out(const CompiledRule& rule, RuleIndex index);
  void correct_time(std::size_t target);
  [[nodiscard]] float base_score(std::size_t target) const;
  [[nodiscard]] bool allowed(std::size_t target) const { return candidates_[target].verdict != kOut; }
  [[nodiscard]] bool late(std::size_t target) const {
    return view_.request.slo.count() > 0 &&
           candidates_[target].expected_ms > static_cast<float>(view_.request.slo.count());
  }
  [[nodiscard]] TargetIndex best_by_rules() const;
  void ask_bandit(TargetIndex best, const RouteDecision& decision);
  [[nodiscard]] TargetIndex likeliest(bool with_bonus) const;

  static constexpr auto kOut = CandidateVerdict::kRuledOut;
  const ChoiceInputs& inputs_;
  const PolicyView& view_;
  const RouteFacts& facts_;
  std::size_t n_;
  std::array<TargetEstimate, kRouteTargetsMax> estimates_{};
  std::array<RouteCandidate, kRouteTargetsMax> candidates_{};
  std::array<float, kRouteTargetsMax> heaviest_{};  // the weight of the rule in candidates_[i].rule
  std::array<float, kRouteTargetsMax> gain_{};      // the bandit's, without the bonus
  std::array<bool, kRouteTargetsMax> near_{};       // what the bandit chooses among
};

float PartChoice::base_score(std::size_t target) const {
  const RoutingWeights& weights = inputs_.policy.weights();
  const TargetEstimate& estimate = estimates_[target];
  const IntentVerdict& verdict = view_.decision.verdict;
  const float wish = view_.request.quality == QualityWish::kBest   ? 2.0F
                     : view_.request.quality == QualityWish::kFast ? 0.4F
                                                                   : 1.0F;
  const float need = (0.25F + 0.75F * verdict.difficulty) * (verdict.degrade_ok ? 0.4F : 1.0F) * wish;
  float score = static_cast<float>(weights.quality) * need * inputs_.targets[target].quality;
  const auto slo = static_cast<float>(view_.request.slo.count());
  const float allowed_ms = slo > 0 ? slo : static_cast<float>(weights.patience_ms);
  const float share = estimate.expected_ms > 0 ? estimate.expected_ms / allowed_ms : 0.5F;
  // An answer in time costs little; a late one its whole worth and more. Without an SLO people read while it is
  // written: each further second costs less than the one before.
  const float lateness = slo <= 0     ? 0.6F * share / (share + 1)
                         : share <= 1 ? 0.2F * share
                                      : 1.0F + std::min(share - 1, 2.0F);
  score -= static_cast<float>(weights.waiting) * lateness;
  const double energy = view_.machine.on_ac ? weights.spending : weights.spending_on_battery;
  score -= static_cast<float>(energy) * std::min(estimate.energy_j / static_cast<float>(weights.energy_j), 3.0F);
  return score - static_cast<float>(weights.cost) * estimate.cost;
}

// Times measured here correct the plan's.
void PartChoice::correct_time(std::size_t target) {
  if (inputs_.bandit == nullptr || !inputs_.bandit->settings().on) return;
  const float factor = inputs_.bandit->time_factor(inputs_.targets[target].name);
  TargetEstimate& estimate = estimates_[target];
  estimate.expected_ms *= factor;
  estimate.energy_j *= factor;
  estimate.facts[static_cast<std::size_t>(TargetFact::kExpectedMs)] *= factor;
  estimate.facts[static_cast<std::size_t>(TargetFact::kSloShare)] *= factor;
}

void PartChoice::weigh(Skill skill, RouteDecision& decision) {
  for (std::size_t i = 0; i < n_; ++i) {
    estimates_[i] = estimate_target(inputs_.policy, view_, static_cast<TargetIndex>(i), skill);
    correct_time(i);
    RouteCandidate& candidate = candidates_[i];
    candidate = {.target = static_cast<TargetIndex>(i), .rule = estimates_[i].guard};
    candidate.expected_ms = estimates_[i].expected_ms;
    if (candidate.rule != kNoRule) candidate.verdict = kOut;
    candidate.score = base_score(i);
    heaviest_[i] = 0;
    near_[i] = false;
  }
  const auto& rules = inputs_.policy.rules();
  for (std::size_t r = 0; r < rules.size(); ++r)
    if (all_hold(rules[r].when, facts_.data())) apply(rules[r], static_cast<RuleIndex>(r + kGuardCount), decision);
}

void PartChoice::rule_out(const CompiledRule& rule, RuleIndex index) {
  const bool when_matching = rule.effect == RuleEffect::kExclude;
  const auto goes = [&](std::size_t i) {
    return allowed(i) && all_hold(rule.targets, estimates_[i].facts.data()) == when_matching;
  };
  if (rule.unless_last) {
    std::size_t left = 0;
    for (std::size_t i = 0; i < n_; ++i) left += allowed(i) && !goes(i) ? 1U : 0U;
    if (left == 0) return;
  }
  for (std::size_t i = 0; i < n_; ++i) {
    if (!goes(i)) continue;
    candidates_[i].verdict = kOut;
    candidates_[i].rule = index;
  }
}

void PartChoice::apply(const CompiledRule& rule, RuleIndex index, RouteDecision& decision) {
  switch (rule.effect) {
    case RuleEffect::kExclude:
    case RuleEffect::kOnly: rule_out(rule, index); break;
    case RuleEffect::kAdd:
      for (std::size_t i = 0; i < n_; ++i) {
        if (!all_hold(rule.targets, estimates_[i].facts.data())) continue;
        candidates_[i].score += rule.value;
        if (!allowed(i) || std::fabs(rule.value) <= heaviest_[i]) continue;
        heaviest_[i] = std::fabs(rule.value);
        candidates_[i].rule = index;
      }
      break;
    case RuleEffect::kCapContext: decision.context_cap = static_cast<std::uint32_t>(rule.value); break;
    case RuleEffect::kCapResolution: decision.resolution_cap = static_cast<std::uint32_t>(rule.value); break;
    case RuleEffect::kPromote: decision.promote_on_failure = true; break;
    case RuleEffect::kAnswerHere: decision.answered_here = true; break;
  }
  const auto end = decision.rules.begin() + decision.n_rules;
  if (decision.n_rules < kRouteRulesMax && std::find(decision.rules.begin(), end, index) == end)
    decision.rules[decision.n_rules++] = index;
}

TargetIndex PartChoice::best_by_rules() const {
  TargetIndex best = kNoTarget;
  for (std::size_t i = 0; i < n_; ++i)
    if (allowed(i) && (best < 0 || candidates_[i].score > candidates_[static_cast<std::size_t>(best)].score))
      best = static_cast<TargetIndex>(i);
  const TargetIndex session = view_.machine.session_target;
  if (best < 0 || session < 0 || static_cast<std::size_t>(session) >= n_) return best;
  const auto at = static_cast<std::size_t>(session);
  return allowed(at) && candidates_[at].score >= candidates_[static_cast<std::size_t>(best)].score - kTie ? session
                                                                                                          : best;
}

// Among what the rules leave near their best; never one that is expected late where the best is not.
void PartChoice::ask_bandit(TargetIndex best, const RouteDecision& decision) {
  const auto best_at = static_cast<std::size_t>(best);
  const RouteBandit& bandit = *inputs_.bandit;
  const BanditContext context = bandit_context(decision, view_.machine, view_.request);
  const bool may_explore = bandit.may_explore();
  const auto margin = static_cast<float>(bandit.settings().margin);
  for (std::size_t i = 0; i < n_; ++i) {
    near_[i] = allowed(i) && candidates_[i].score >= candidates_[best_at].score - margin &&
               !(late(i) && !late(best_at)) &&
               candidates_[i].expected_ms <= kSlowerMost * candidates_[best_at].expected_ms;
    if (!near_[i]) continue;
    const auto estimate = bandit.estimate(inputs_.targets[i].name, context);
    gain_[i] = estimate.gain;
    candidates_[i].bandit = estimate.gain + (may_explore ? estimate.bonus : 0);
  }
}

TargetIndex PartChoice::likeliest(bool with_bonus) const {
  TargetIndex best = kNoTarget;
  float best_value = 0;
  for (std::size_t i = 0; i < n_; ++i) {
    if (!near_[i]) continue;
    const float value = expected_reward(candidates_[i].score) + (with_bonus ? candidates_[i].bandit : gain_[i]);
    if (best >= 0 && value <= best_value) continue;
    best = static_cast<TargetIndex>(i);
    best_value = value;
  }
  return best;
}

TargetIndex PartChoice::choose(RouteDecision& decision, bool may_learn) {
  const TargetIndex best = best_by_rules();
  if (best < 0 || !may_learn || inputs_.bandit == nullptr || !inputs_.bandit->settings().on) return best;
  if (best == view_.machine.session_target) return best;  // a conversation is not moved to try something
  ask_bandit(best, decision);
  const TargetIndex taken = likeliest(true);
  decision.explored = taken != likeliest(false);
  return taken;
}

void PartChoice::record(RouteDecision& decision, TargetIndex taken) const {
  decision.n_candidates = static_cast<std::uint8_t>(n_);
  std::copy_n(candidates_.begin(), n_, decision.candidates.begin());
  if (taken >= 0) decision.candidates[static_cast<std::size_t>(taken)].verdict = CandidateVerdict::kTaken;
}

float answer_tokens_of(const RoutingPolicy& policy, const RouteRequest& request, Intent intent) {
  const float expected = policy.answer_tokens(intent);
  return request.max_tokens == 0 ? expected : std::min(expected, static_cast<float>(request.max_tokens));
}

void clear_choice(RouteDecision& decision) {
  decision.n_parts = decision.n_candidates = decision.n_rules = 0;
  decision.context_cap = decision.resolution_cap = 0;
  decision.promote_on_failure = decision.answered_here = decision.explored = false;
}

}  // namespace

float expected_reward(float score) { return 1 / (1 + std::exp(-(score + 1.0F) * 1.5F)); }

void choose_targets(const ChoiceInputs& inputs, const RouteRequest& request, const MachineState& machine,
                    RouteDecision& decision) {
  clear_choice(decision);
  const PolicyView view{request, machine, inputs.targets, decision,
                        answer_tokens_of(inputs.policy, request, decision.verdict.intent)};
  const RouteFacts facts = facts_of(request, machine, decision);
  WantedParts wanted = wanted_parts(request, decision);
  bool complete = true;
  for (std::size_t i = 0; i < wanted.n; ++i) {
    const WantedPart& part = wanted.part[i];
    const bool main = part.role == PartRole::kAnswer || wanted.n == 1;
    PartChoice choice(inputs, view, facts);
    choice.weigh(part.skill, decision);
    TargetIndex taken = choice.choose(decision, main);
    if (taken < 0 && part.else_text && main) {
      choice.weigh(Skill::kText, decision);
      taken = choice.choose(decision, main);
    }
    if (main) choice.record(decision, taken);
    if (taken < 0) {
      complete = complete && !part.needed;
      continue;
    }
    if (main && choice.estimate(taken).context_cap != 0)
      decision.context_cap = decision.context_cap == 0
                                 ? choice.estimate(taken).context_cap
                                 : std::min(decision.context_cap, choice.estimate(taken).context_cap);
    decision.parts[decision.n_parts++] = {part.role, taken};
  }
  if (!complete) decision.n_parts = 0;
  for (std::size_t i = 0; i < decision.n_parts; ++i) {
    const TargetIndex target = decision.parts[i].target;
    if (target == decision.target() || static_cast<std::size_t>(target) >= decision.n_candidates) continue;
    decision.candidates[static_cast<std::size_t>(target)].verdict = CandidateVerdict::kPart;
  }
}

TargetIndex promotion_of(const RouteDecision& decision, std::span<const RouteTarget> targets) {
  const TargetIndex taken = decision.target();
  if (taken < 0) return kNoTarget;
  const ModelTier tier = targets[static_cast<std::size_t>(taken)].tier;
  TargetIndex best = kNoTarget;
  float best_score = 0;
  for (std::size_t i = 0; i < decision.n_candidates; ++i) {
    const RouteCandidate& candidate = decision.candidates[i];
    if (candidate.verdict != CandidateVerdict::kOutscored || targets[i].tier <= tier) continue;
    if (best >= 0 && candidate.score <= best_score) continue;
    best = candidate.target;
    best_score = candidate.score;
  }
  return best;
}

}  // namespace hearth
