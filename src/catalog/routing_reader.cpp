#include "catalog/json_fields.h"
#include "catalog/record_readers.h"

namespace hearth {
namespace {

// {"battery": {"below": 0.2}, "on_ac": false, "security": ["airgap"]}
std::vector<RoutingCondition> read_conditions(const nlohmann::json& object) {
  std::vector<RoutingCondition> conditions;
  for (const auto& [fact, wanted] : object.items()) {
    RoutingCondition& condition = conditions.emplace_back();
    condition.fact = fact;
    if (wanted.is_boolean()) {
      condition.any_of = {wanted.get<bool>() ? "true" : "false"};
    } else if (wanted.is_array()) {
      wanted.get_to(condition.any_of);
    } else {
      read_field(wanted, "below", condition.below);
      read_field(wanted, "at_least", condition.at_least);
    }
  }
  return conditions;
}

RoutingWeights read_weights(const nlohmann::json& json) {
  RoutingWeights weights;
  read_field(json, "quality", weights.quality);
  read_field(json, "waiting", weights.waiting);
  read_field(json, "spending", weights.spending);
  read_field(json, "spending_on_battery", weights.spending_on_battery);
  read_field(json, "cost", weights.cost);
  read_field(json, "patience_ms", weights.patience_ms);
  read_field(json, "energy_j", weights.energy_j);
  return weights;
}

RoutingBanditSettings read_bandit(const nlohmann::json& json) {
  RoutingBanditSettings bandit;
  read_field(json, "on", bandit.on);
  read_field(json, "margin", bandit.margin);
  read_field(json, "exploration", bandit.exploration);
  read_field(json, "explore_share", bandit.explore_share);
  read_field(json, "forget", bandit.forget);
  return bandit;
}

}  // namespace

Result<CatalogRoutingPolicy> read_routing_record(const nlohmann::json& record) {
  CatalogRoutingPolicy policy;
  read_record_head(record, policy);
  read_field(record, "remote", policy.remote);
  const auto& privacy = object_field(record, "privacy");
  read_field(privacy, "threshold", policy.privacy_threshold);
  read_field(privacy, "weights", policy.privacy_weights);
  read_field(record, "context_least", policy.context_least);
  read_field(record, "answer_tokens", policy.answer_tokens);
  policy.weights = read_weights(object_field(record, "weights"));
  policy.bandit = read_bandit(object_field(record, "bandit"));
  for (const auto& item : object_field(record, "rules")) {
    RoutingRule& rule = policy.rules.emplace_back();
    read_field(item, "id", rule.id);
    read_field(item, "why", rule.why);
    rule.when = read_conditions(object_field(item, "when"));
    rule.targets = read_conditions(object_field(item, "targets"));
    read_field(item, "effect", rule.effect);
    read_field(item, "value", rule.value);
    read_field(item, "unless_last", rule.unless_last);
    for (std::size_t i = 0; i + 1 < policy.rules.size(); ++i)
      if (policy.rules[i].id == rule.id) return fail(ErrorCode::kInvalidData, "two rules are called '" + rule.id + "'");
  }
  return policy;
}

}  // namespace hearth
