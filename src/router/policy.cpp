#include "router/policy.h"

#include <limits>
#include <optional>
#include <utility>

#include "base/nearest_name.h"

namespace hearth {
namespace {

// Two lines a guard: its id and why.
constexpr std::array<std::pair<std::string_view, std::string_view>, kGuardCount> kGuards = {{
    {"unavailable", "its model or runtime is not there now"},
    {"airgap", "an airgapped request runs on this machine's CPU engines and nowhere else"},
    {"private", "a private request does not leave this machine"},
    {"personal-data", "the request holds personal data, which does not leave this machine"},
    {"remote", "remote targets need a policy and a plan that both allow them"},
    {"skill", "it cannot do what the request needs"},
    {"context", "prompt and answer are longer than its context"},
    {"memory", "it does not fit into the memory that is free, not even with the shortest context"},
}};

constexpr std::array<std::string_view, 7> kEffectNames = {
    "exclude", "only", "add", "cap_context", "cap_resolution", "promote_on_failure", "answer_here"};

template <class Names>
std::optional<std::size_t> index_of(const Names& names, std::string_view wanted) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted) return i;
  return std::nullopt;
}

template <class Names>
Unexpected unknown_name(std::string_view what, std::string_view given, const Names& names) {
  std::vector<std::string> known(names.begin(), names.end());
  const auto nearest = nearest_name(given, known);
  std::string all;
  for (const auto& name : known) all += (all.empty() ? "" : ", ") + name;
  return fail(ErrorCode::kInvalidData, "'" + std::string(given) + "' is no " + std::string(what),
              nearest ? "did you mean '" + *nearest + "'?" : "known are " + all);
}

Result<std::uint32_t> mask_of(const FactInfo& info, const RoutingCondition& condition) {
  constexpr std::array<std::string_view, 2> kFlags = {"false", "true"};
  const std::span<const std::string_view> choices = info.kind == FactKind::kFlag ? kFlags : info.choices;
  std::uint32_t mask = 0;
  for (const std::string& name : condition.any_of) {
    const auto choice = index_of(choices, name);
    if (!choice) return unknown_name("value of '" + std::string(info.name) + "'", name, choices);
    mask |= 1U << *choice;
  }
  return mask;
}

Result<CompiledCondition> compile_condition(const RoutingCondition& condition, std::span<const FactInfo> table) {
  std::vector<std::string_view> names;
  for (const FactInfo& info : table) names.push_back(info.name);
  const auto at = index_of(names, condition.fact);
  if (!at) return unknown_name("fact", condition.fact, names);
  const FactInfo& info = table[*at];
  CompiledCondition compiled;
  compiled.fact = static_cast<std::uint8_t>(*at);
  const bool number = info.kind == FactKind::kNumber;
  if (number != condition.any_of.empty() || (number && !condition.below && !condition.at_least))
    return fail(ErrorCode::kInvalidData, "'" + condition.fact + (number ? "' is a number" : "' is not a number"),
                number ? "give \"below\" or \"at_least\"" : "give true, false or a list of names");
  if (number) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    compiled.at_least = static_cast<float>(condition.at_least.value_or(-kInfinity));
    compiled.below = static_cast<float>(condition.below.value_or(kInfinity));
    return compiled;
  }
  compiled.by_mask = true;
  HEARTH_ASSIGN(mask, mask_of(info, condition));
  compiled.mask = mask;
  return compiled;
}

Result<CompiledRule> compile_rule(const RoutingRule& rule) {
  CompiledRule compiled;
  const auto effect = index_of(kEffectNames, rule.effect);
  if (!effect) return unknown_name("effect", rule.effect, kEffectNames);
  compiled.effect = static_cast<RuleEffect>(*effect);
  compiled.value = static_cast<float>(rule.value);
  compiled.unless_last = rule.unless_last;
  for (const auto& condition : rule.when) {
    HEARTH_ASSIGN(one, compile_condition(condition, fact_table()));
    compiled.when.push_back(one);
  }
  for (const auto& condition : rule.targets) {
    HEARTH_ASSIGN(one, compile_condition(condition, target_fact_table()));
    compiled.targets.push_back(one);
  }
  return compiled;
}

}  // namespace

Result<RoutingPolicy> RoutingPolicy::compile(const CatalogRoutingPolicy& record) {
  RoutingPolicy policy;
  policy.record_ = record;
  for (const RoutingRule& rule : record.rules) {
    auto compiled = compile_rule(rule);
    if (!compiled) {
      Error error = std::move(compiled).error();
      error.message = "the rule '" + rule.id + "' of the routing policy '" + record.id + "': " + error.message;
      return fail(std::move(error));
    }
    policy.rules_.push_back(std::move(*compiled));
  }
  policy.privacy_.threshold = static_cast<float>(record.privacy_threshold);
  for (const auto& [kind, weight] : record.privacy_weights) {
    const auto at = index_of(kPersonalDataNames, kind);
    if (!at) return unknown_name("kind of personal data", kind, kPersonalDataNames);
    policy.privacy_.weight[*at] = static_cast<float>(weight);
  }
  policy.answer_tokens_.fill(256);
  for (const auto& [name, tokens] : record.answer_tokens) {
    const auto intent = intent_of(name);
    if (!intent) return unknown_name("intent", name, kIntentNames);
    policy.answer_tokens_[static_cast<std::size_t>(*intent)] = static_cast<float>(tokens);
  }
  return policy;
}

std::string_view RoutingPolicy::rule_id(RuleIndex rule) const {
  if (rule < 0) return {};
  const auto at = static_cast<std::size_t>(rule);
  return at < kGuardCount ? kGuards[at].first : std::string_view(record_.rules[at - kGuardCount].id);
}

std::string_view RoutingPolicy::rule_why(RuleIndex rule) const {
  if (rule < 0) return {};
  const auto at = static_cast<std::size_t>(rule);
  return at < kGuardCount ? kGuards[at].second : std::string_view(record_.rules[at - kGuardCount].why);
}

}  // namespace hearth
