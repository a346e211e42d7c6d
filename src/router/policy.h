// Stage 3's rules in the form in which they are applied: names checked once, conditions as comparisons of numbers.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/routing_policy.h"
#include "hearth/result.h"
#include "router/privacy_detector.h"
#include "router/route_facts.h"

namespace hearth {

// What no policy can allow, and what is not possible: checked in code before any rule, in this order. Rules of a policy
// come after these in RuleIndex.
enum class Guard : std::uint8_t { kUnavailable, kAirgap, kPrivate, kPersonalData, kRemote, kSkill, kContext, kMemory };
inline constexpr std::size_t kGuardCount = 8;

struct CompiledCondition {
  std::uint8_t fact = 0;
  bool by_mask = false;
  std::uint32_t mask = 0;  // of choices, flags and sets
  float at_least = 0, below = 0;

  // RouteFacts and TargetFacts alike. Not for what nobody knows (NaN).
  [[nodiscard]] bool holds(const float* facts) const {
    const float value = facts[fact];
    if (!by_mask) return value >= at_least && value < below;
    return value == value && (mask & static_cast<std::uint32_t>(value)) != 0;
  }
};

enum class RuleEffect : std::uint8_t { kExclude, kOnly, kAdd, kCapContext, kCapResolution, kPromote, kAnswerHere };

struct CompiledRule {
  std::vector<CompiledCondition> when, targets;
  RuleEffect effect = RuleEffect::kAdd;
  float value = 0;
  bool unless_last = false;
};

// Immutable; thread-safe.
class RoutingPolicy {
 public:
  // InvalidData: an unknown fact, choice, effect, intent or kind of personal data, with the nearest name and the rule.
  [[nodiscard]] static Result<RoutingPolicy> compile(const CatalogRoutingPolicy& record);

  [[nodiscard]] const std::vector<CompiledRule>& rules() const { return rules_; }
  [[nodiscard]] const RoutingWeights& weights() const { return record_.weights; }
  [[nodiscard]] const RoutingBanditSettings& bandit() const { return record_.bandit; }
  [[nodiscard]] const PrivacySettings& privacy() const { return privacy_; }
  [[nodiscard]] bool remote() const { return record_.remote; }
  [[nodiscard]] std::uint32_t context_least() const { return record_.context_least; }
  [[nodiscard]] float answer_tokens(Intent intent) const { return answer_tokens_[static_cast<std::size_t>(intent)]; }
  [[nodiscard]] const std::string& id() const { return record_.id; }

  // Of guards and rules; empty for kNoRule.
  [[nodiscard]] std::string_view rule_id(RuleIndex rule) const;
  [[nodiscard]] std::string_view rule_why(RuleIndex rule) const;

 private:
  RoutingPolicy() = default;
  CatalogRoutingPolicy record_;
  std::vector<CompiledRule> rules_;
  PrivacySettings privacy_;
  std::array<float, kIntentCount> answer_tokens_{};
};

}  // namespace hearth
