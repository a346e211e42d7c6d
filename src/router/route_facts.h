// The facts that rules speak of, each a number: one table of names, kinds and where each comes from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "domain/route.h"
#include "domain/route_target.h"

namespace hearth {

// Of a request and the machine.
enum class RouteFact : std::uint8_t {
  kSecurity,
  kQuality,
  kIntent,
  kExit,
  kPersonal,
  kAbstained,
  kDegradeOk,
  kDifficulty,
  kConfidence,
  kPromptTokens,
  kMaxTokens,
  kSloMs,
  kImage,
  kAudio,
  kVideo,
  kDocument,
  kHasTools,
  kHasJsonSchema,
  kAudioWanted,
  kCodeScore,
  kOnAc,
  kBattery,
  kTemperatureC,
  kMemoryFreeGib,
  kVramFreeGib,
  kCpuLoad,
  kGpuLoad,
  kClockShare,
  kQueue,
  kInSession,
};
inline constexpr std::size_t kFactCount = 30;

// Of one target for this request.
enum class TargetFact : std::uint8_t {
  kDevice,
  kTier,
  kSkill,
  kLoaded,
  kWarmShare,
  kTargetQueue,
  kSession,
  kShortened,
  kExpectedMs,
  kSloShare,
  kTargetQuality,
  kPowerW,
  kCost,
  kContextShare,
};
inline constexpr std::size_t kTargetFactCount = 14;

enum class FactKind : std::uint8_t { kFlag, kNumber, kChoice, kSet };  // set: a target has several of the choices

struct FactInfo {
  std::string_view name;
  FactKind kind;
  std::span<const std::string_view> choices;  // of kChoice and kSet
};
// In order of the enums.
[[nodiscard]] std::span<const FactInfo> fact_table();
[[nodiscard]] std::span<const FactInfo> target_fact_table();

// A choice or a flag as a fact: one bit, which a mask of choices holds or not. Exact as a float: there are few.
[[nodiscard]] constexpr float choice_fact(unsigned index) { return static_cast<float>(1U << index); }

// NaN: not known. Choices and flags are choice_fact, sets the sum of theirs.
using RouteFacts = std::array<float, kFactCount>;
using TargetFacts = std::array<float, kTargetFactCount>;

[[nodiscard]] RouteFacts facts_of(const RouteRequest& request, const MachineState& machine,
                                  const RouteDecision& decision);

}  // namespace hearth
