#include "router/target_estimate.h"

#include <algorithm>
#include <limits>

namespace hearth {
namespace {

constexpr TargetState kAtRest;

RuleIndex guard(Guard which) { return static_cast<RuleIndex>(which); }

const TargetState& state_of(const PolicyView& view, TargetIndex index) {
  const auto at = static_cast<std::size_t>(index);
  return at < view.machine.targets.size() ? view.machine.targets[at] : kAtRest;
}

// Whether personal or private data, or the request's level, keep it from this target. Not a policy's business.
RuleIndex secrecy_guard(const RoutingPolicy& policy, const PolicyView& view, const RouteTarget& target) {
  if (view.request.security == SecurityLevel::kAirgap && target.device != TargetDevice::kCpu)
    return guard(Guard::kAirgap);
  if (target.device != TargetDevice::kRemote) return kNoRule;
  if (view.request.security != SecurityLevel::kOpen) return guard(Guard::kPrivate);
  if (view.decision.privacy.personal) return guard(Guard::kPersonalData);
  return policy.remote() && view.machine.remote_allowed ? kNoRule : guard(Guard::kRemote);
}

// Shorter context before another model: what is missing is taken from the cache of keys and values.
struct Fit {
  bool fits = true;
  std::uint32_t context_cap = 0;
};
Fit fit_of(const RoutingPolicy& policy, const PolicyView& view, const RouteTarget& target, const TargetState& state) {
  const auto& free =
      target.device == TargetDevice::kGpu ? view.machine.vram_free_bytes : view.machine.memory_free_bytes;
  if (state.loaded || target.device == TargetDevice::kRemote || !free || target.memory_bytes <= *free) return {};
  if (target.kv_bytes_per_token <= 0 || target.context_length == 0) return {false, 0};
  const double missing = static_cast<double>(target.memory_bytes - *free);
  const double tokens = static_cast<double>(target.context_length) - missing / target.kv_bytes_per_token;
  const double wanted = static_cast<double>(view.decision.features.n_tokens) + view.answer_tokens;
  if (tokens < std::max<double>(policy.context_least(), wanted)) return {false, 0};
  return {true, static_cast<std::uint32_t>(tokens)};
}

RuleIndex guard_of(const RoutingPolicy& policy, const PolicyView& view, const RouteTarget& target,
                   const TargetState& state) {
  if (!state.available) return guard(Guard::kUnavailable);
  return secrecy_guard(policy, view, target);
}

// Answers of targets that write no text: speech out takes as long as its text, speech in as its sound is long.
void expect_time(const PolicyView& view, const RouteTarget& target, const TargetState& state, TargetEstimate& out) {
  if (target.decode_tok_s <= 0) return;
  const float prompt = static_cast<float>(view.decision.features.n_tokens);
  const float cold = std::max(0.0F, prompt - static_cast<float>(state.warm_prefix_tokens));
  const float prefill_s = target.prefill_tok_s > 0 ? cold / target.prefill_tok_s : 0;
  const float decode_s = view.answer_tokens / target.decode_tok_s;
  const float load_s = state.loaded ? 0 : target.load_s;
  // Those before it take about as long as it will; half of the one under way is over.
  const float wait_s = static_cast<float>(state.queue) * 0.75F * (prefill_s + decode_s);
  out.expected_ms = 1000 * (wait_s + load_s + prefill_s + decode_s);
  out.energy_j = target.power_w * (load_s + prefill_s + decode_s);
}

void set_facts(const PolicyView& view, TargetIndex index, const TargetState& state, TargetEstimate& out) {
  const RouteTarget& target = view.targets[static_cast<std::size_t>(index)];
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  const auto set = [&](TargetFact fact, float value) { out.facts[static_cast<std::size_t>(fact)] = value; };
  const auto flag = [&](TargetFact fact, bool value) { set(fact, choice_fact(value ? 1 : 0)); };
  const auto ratio = [&](float a, float b) { return a > 0 && b > 0 ? a / b : kUnknown; };
  const float prompt = static_cast<float>(view.decision.features.n_tokens);
  set(TargetFact::kDevice, choice_fact(static_cast<unsigned>(target.device)));
  set(TargetFact::kTier, choice_fact(static_cast<unsigned>(target.tier)));
  set(TargetFact::kSkill, target.skills);
  flag(TargetFact::kLoaded, state.loaded);
  set(TargetFact::kWarmShare, prompt > 0 ? std::min(1.0F, static_cast<float>(state.warm_prefix_tokens) / prompt) : 0);
  set(TargetFact::kTargetQueue, state.queue);
  flag(TargetFact::kSession, view.machine.session_target == index);
  flag(TargetFact::kShortened, out.context_cap != 0);
  set(TargetFact::kExpectedMs, out.expected_ms > 0 ? out.expected_ms : kUnknown);
  set(TargetFact::kSloShare, ratio(out.expected_ms, static_cast<float>(view.request.slo.count())));
  set(TargetFact::kTargetQuality, target.quality);
  set(TargetFact::kPowerW, target.power_w > 0 ? target.power_w : kUnknown);
  set(TargetFact::kCost, target.cost_per_1k_tokens);
  set(TargetFact::kContextShare, ratio(prompt + view.answer_tokens, static_cast<float>(target.context_length)));
}

}  // namespace

TargetEstimate estimate_target(const RoutingPolicy& policy, const PolicyView& view, TargetIndex index, Skill skill) {
  const RouteTarget& target = view.targets[static_cast<std::size_t>(index)];
  const TargetState& state = state_of(view, index);
  TargetEstimate out;
  out.guard = guard_of(policy, view, target, state);
  const float tokens = static_cast<float>(view.decision.features.n_tokens) + view.answer_tokens;
  if (out.guard == kNoRule && !target.can(skill)) out.guard = guard(Guard::kSkill);
  if (out.guard == kNoRule && target.context_length > 0 && view.decision.features.n_tokens >= target.context_length)
    out.guard = guard(Guard::kContext);
  const Fit fit = fit_of(policy, view, target, state);
  if (out.guard == kNoRule && !fit.fits) out.guard = guard(Guard::kMemory);
  out.context_cap = fit.context_cap;
  expect_time(view, target, state, out);
  out.cost = target.cost_per_1k_tokens * tokens / 1000;
  set_facts(view, index, state, out);
  return out;
}

}  // namespace hearth
