// Where a request can be sent, and what routing decided about one. Targets are made once, when the plan or the set of
// models changes; a decision refers to them by index and holds its lists inline, so that routing allocates nothing.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "domain/route.h"

namespace hearth {

enum class ModelTier : std::uint8_t { kTiny, kSmall, kMedium, kLarge };
inline constexpr std::array<std::string_view, 4> kTierNames = {"tiny", "small", "medium", "large"};
[[nodiscard]] constexpr std::string_view to_string(ModelTier tier) {
  return kTierNames[static_cast<std::size_t>(tier)];
}

enum class TargetDevice : std::uint8_t { kCpu, kGpu, kNpu, kRemote };
inline constexpr std::array<std::string_view, 4> kTargetDeviceNames = {"cpu", "gpu", "npu", "remote"};
[[nodiscard]] constexpr std::string_view to_string(TargetDevice device) {
  return kTargetDeviceNames[static_cast<std::size_t>(device)];
}

// What a target can do: bits of RouteTarget::skills.
enum class Skill : std::uint16_t { kText, kSee, kHear, kSpeak, kTools, kJson, kCode, kReason };
inline constexpr std::array<std::string_view, 8> kSkillNames = {"text",  "see",  "hear", "speak",
                                                                "tools", "json", "code", "reason"};
[[nodiscard]] constexpr std::uint16_t skill_bit(Skill skill) {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(skill));
}

// One model on one runtime on one device. A figure of 0 is not known.
struct RouteTarget {
  std::string name;     // unique among the targets; what a client may ask for by name
  std::string model;    // the catalogue's id or the served name
  std::string runtime;  // "llama", "whisper", ...; of a remote one: the kind of server
  std::string device_id;
  TargetDevice device = TargetDevice::kCpu;
  ModelTier tier = ModelTier::kSmall;
  std::uint16_t skills = 0;
  float quality = 0;  // 0..1, relative to the other targets of the same skills
  std::uint32_t context_length = 0;
  std::uint64_t memory_bytes = 0;  // to load it, context included
  float kv_bytes_per_token = 0;    // what a shorter context gives back
  float prefill_tok_s = 0, decode_tok_s = 0;
  float load_s = 0;
  float power_w = 0;             // above idle, while it works
  float cost_per_1k_tokens = 0;  // in the currency of the plan; 0: free
  [[nodiscard]] bool can(Skill skill) const { return (skills & skill_bit(skill)) != 0; }
};

using TargetIndex = std::int8_t;
inline constexpr TargetIndex kNoTarget = -1;

// One rule that said something about the route: an index into the policy's rules.
using RuleIndex = std::int16_t;
inline constexpr RuleIndex kNoRule = -1;

enum class CandidateVerdict : std::uint8_t { kTaken, kRuledOut, kOutscored, kPart };

// A target as this route saw it.
struct RouteCandidate {
  TargetIndex target = kNoTarget;
  CandidateVerdict verdict = CandidateVerdict::kOutscored;
  RuleIndex rule = kNoRule;  // that ruled it out, or weighed most for or against it
  float score = 0;           // of the rules
  float bandit = 0;          // what the bandit added; 0 where it was off
  float expected_ms = 0;     // of the whole answer, load and queue included; 0: not known
};

enum class PartRole : std::uint8_t { kAnswer, kSee, kHear, kSpeak };
inline constexpr std::array<std::string_view, 4> kPartRoleNames = {"answer", "see", "hear", "speak"};

// One step of a route; a composed one has several, in the order in which they run.
struct RoutePart {
  PartRole role = PartRole::kAnswer;
  TargetIndex target = kNoTarget;
};
inline constexpr std::size_t kRoutePartsMax = 4;
inline constexpr std::size_t kRouteRulesMax = 16;

// Kinds of personal data the detector tells apart; each has its own score.
enum class PersonalData : std::uint16_t {
  kEmail,
  kPhone,
  kAddress,
  kNameWithNumber,
  kBankAccount,
  kCreditCard,
  kNationalId,
  kHealth,
  kFinance,
  kCredential,
};
inline constexpr std::size_t kPersonalDataCount = 10;
inline constexpr std::array<std::string_view, kPersonalDataCount> kPersonalDataNames = {
    "email",       "phone",       "address", "name with number", "bank account",
    "credit card", "national id", "health",  "finance",          "credential"};

struct PrivacyVerdict {
  std::array<float, kPersonalDataCount> score{};  // 0..1, by kind
  float total = 0;                                // 0..1
  bool personal = false;                          // total reached the policy's bound: the request stays here
};

struct RouteTimes {
  std::chrono::nanoseconds features{0}, intent{0}, policy{0}, total{0};
};

// Reused from call to call by who routes much.
struct RouteDecision {
  std::uint8_t stage = 3;  // 1: an early exit, 2: intent decided and one target was left, 3: policy weighed targets
  ExitReason exit = ExitReason::kNone;
  RouteFeatures features;
  IntentVerdict verdict;
  PrivacyVerdict privacy;
  std::array<RoutePart, kRoutePartsMax> parts{};
  std::uint8_t n_parts = 0;  // 0: no target may take it; the rules say why
  std::array<RouteCandidate, kRouteTargetsMax> candidates{};
  std::uint8_t n_candidates = 0;
  std::array<RuleIndex, kRouteRulesMax> rules{};  // that applied, in order
  std::uint8_t n_rules = 0;
  std::uint32_t context_cap = 0;     // shorter context, in tokens; 0: as planned
  std::uint32_t resolution_cap = 0;  // longest side of an image in pixels; 0: as planned
  bool promote_on_failure = false;   // small first: the next larger target takes over when this one fails
  bool answered_here = false;        // route-only: the router answers, no model runs
  bool explored = false;             // the bandit tried something it doesn't hold for best
  RouteTimes times;

  // The one that gives the answer; kNoTarget where there is none.
  [[nodiscard]] TargetIndex target() const {
    for (std::size_t i = 0; i < n_parts; ++i)
      if (parts[i].role == PartRole::kAnswer) return parts[i].target;
    return n_parts == 0 ? kNoTarget : parts[0].target;
  }
};

}  // namespace hearth
