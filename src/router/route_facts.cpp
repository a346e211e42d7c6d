#include "router/route_facts.h"

#include <limits>

namespace hearth {
namespace {

constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
constexpr float kGib = 1024.0F * 1024.0F * 1024.0F;

constexpr std::array<FactInfo, kFactCount> kFacts = {{
    {"security", FactKind::kChoice, kSecurityNames},
    {"quality", FactKind::kChoice, kQualityNames},
    {"intent", FactKind::kChoice, kIntentNames},
    {"exit", FactKind::kChoice, kExitNames},
    {"personal", FactKind::kFlag, {}},
    {"abstained", FactKind::kFlag, {}},
    {"degrade_ok", FactKind::kFlag, {}},
    {"difficulty", FactKind::kNumber, {}},
    {"confidence", FactKind::kNumber, {}},
    {"prompt_tokens", FactKind::kNumber, {}},
    {"max_tokens", FactKind::kNumber, {}},
    {"slo_ms", FactKind::kNumber, {}},
    {"image", FactKind::kFlag, {}},
    {"audio", FactKind::kFlag, {}},
    {"video", FactKind::kFlag, {}},
    {"document", FactKind::kFlag, {}},
    {"has_tools", FactKind::kFlag, {}},
    {"has_json_schema", FactKind::kFlag, {}},
    {"audio_wanted", FactKind::kFlag, {}},
    {"code_score", FactKind::kNumber, {}},
    {"on_ac", FactKind::kFlag, {}},
    {"battery", FactKind::kNumber, {}},
    {"temperature_c", FactKind::kNumber, {}},
    {"memory_free_gib", FactKind::kNumber, {}},
    {"vram_free_gib", FactKind::kNumber, {}},
    {"cpu_load", FactKind::kNumber, {}},
    {"gpu_load", FactKind::kNumber, {}},
    {"clock_share", FactKind::kNumber, {}},
    {"queue", FactKind::kNumber, {}},
    {"in_session", FactKind::kFlag, {}},
}};

constexpr std::array<FactInfo, kTargetFactCount> kTargetFacts = {{
    {"device", FactKind::kChoice, kTargetDeviceNames},
    {"tier", FactKind::kChoice, kTierNames},
    {"skill", FactKind::kSet, kSkillNames},
    {"loaded", FactKind::kFlag, {}},
    {"warm_share", FactKind::kNumber, {}},
    {"target_queue", FactKind::kNumber, {}},
    {"session", FactKind::kFlag, {}},
    {"shortened", FactKind::kFlag, {}},
    {"expected_ms", FactKind::kNumber, {}},
    {"slo_share", FactKind::kNumber, {}},
    {"target_quality", FactKind::kNumber, {}},
    {"power_w", FactKind::kNumber, {}},
    {"cost_per_1k_tokens", FactKind::kNumber, {}},
    {"context_share", FactKind::kNumber, {}},
}};

template <class T>
float known(const std::optional<T>& value) {
  return value ? static_cast<float>(*value) : kUnknown;
}

float above_zero(float value) { return value > 0 ? value : kUnknown; }

}  // namespace

std::span<const FactInfo> fact_table() { return kFacts; }
std::span<const FactInfo> target_fact_table() { return kTargetFacts; }

RouteFacts facts_of(const RouteRequest& request, const MachineState& machine, const RouteDecision& decision) {
  RouteFacts facts{};
  const auto set = [&](RouteFact fact, float value) { facts[static_cast<std::size_t>(fact)] = value; };
  const auto flag = [&](RouteFact fact, bool value) { set(fact, choice_fact(value ? 1 : 0)); };
  const RouteFeatures& features = decision.features;
  set(RouteFact::kSecurity, choice_fact(static_cast<unsigned>(request.security)));
  set(RouteFact::kQuality, choice_fact(static_cast<unsigned>(request.quality)));
  set(RouteFact::kIntent, choice_fact(static_cast<unsigned>(decision.verdict.intent)));
  set(RouteFact::kExit, choice_fact(static_cast<unsigned>(decision.exit)));
  flag(RouteFact::kPersonal, decision.privacy.personal);
  flag(RouteFact::kAbstained, decision.verdict.abstained);
  flag(RouteFact::kDegradeOk, decision.verdict.degrade_ok);
  set(RouteFact::kDifficulty, decision.verdict.difficulty);
  set(RouteFact::kConfidence, decision.verdict.confidence);
  set(RouteFact::kPromptTokens, static_cast<float>(features.n_tokens));
  set(RouteFact::kMaxTokens, above_zero(static_cast<float>(request.max_tokens)));
  set(RouteFact::kSloMs, above_zero(static_cast<float>(request.slo.count())));
  flag(RouteFact::kImage, features.image);
  flag(RouteFact::kAudio, features.audio);
  flag(RouteFact::kVideo, features.video);
  flag(RouteFact::kDocument, features.document);
  flag(RouteFact::kHasTools, request.has_tools);
  flag(RouteFact::kHasJsonSchema, request.has_json_schema);
  flag(RouteFact::kAudioWanted, request.audio_wanted);
  set(RouteFact::kCodeScore, features.code_score);
  flag(RouteFact::kOnAc, machine.on_ac);
  set(RouteFact::kBattery, known(machine.battery));
  set(RouteFact::kTemperatureC, known(machine.temperature_c));
  set(RouteFact::kMemoryFreeGib, known(machine.memory_free_bytes) / kGib);
  set(RouteFact::kVramFreeGib, known(machine.vram_free_bytes) / kGib);
  set(RouteFact::kCpuLoad, known(machine.cpu_load));
  set(RouteFact::kGpuLoad, known(machine.gpu_load));
  set(RouteFact::kClockShare, known(machine.clock_share));
  set(RouteFact::kQueue, static_cast<float>(machine.queue));
  flag(RouteFact::kInSession, machine.session_target >= 0);
  return facts;
}

}  // namespace hearth
