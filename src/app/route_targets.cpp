#include "app/route_targets.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hearth {
namespace {

// Source: our assumption where nobody measured: two channels of DDR4-3200 as the roofline of decoding, reached to 0.8.
constexpr double kAssumedBytesPerS = 40e9;
constexpr double kAssumedDiskBytesPerS = 1e9;
constexpr float kPrefillPerDecode = 6;  // Source: our bench, prompts on a processor (bench/results/decode.json)

ModelTier tier_of(double parameters_B) {
  if (parameters_B < 1.2) return ModelTier::kTiny;
  if (parameters_B < 5) return ModelTier::kSmall;
  return parameters_B < 16 ? ModelTier::kMedium : ModelTier::kLarge;
}

// Quality grows with the logarithm of the parameters. Source: our scale, 0.2 at 0.5 B and 0.9 at 70 B, between which
// published averages over benchmarks run about straight.
float quality_of(double parameters_B) {
  if (parameters_B <= 0) return 0.4F;
  return std::clamp(0.3F + 0.32F * static_cast<float>(std::log10(parameters_B)), 0.1F, 0.95F);
}

std::uint16_t bits(std::initializer_list<Skill> skills) {
  std::uint16_t all = 0;
  for (const Skill skill : skills) all = static_cast<std::uint16_t>(all | skill_bit(skill));
  return all;
}

bool named(const std::string& name, std::string_view part) {
  return std::search(name.begin(), name.end(), part.begin(), part.end(),
                     [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; }) != name.end();
}

// Of a model that writes text.
std::uint16_t text_skills(const std::string& name, double parameters_B) {
  using enum Skill;
  std::uint16_t skills = bits({kText, kJson});
  const auto add = [&](Skill skill) { skills = static_cast<std::uint16_t>(skills | skill_bit(skill)); };
  if (parameters_B >= 1.2) add(kTools);
  if (named(name, "code") || named(name, "coder") || named(name, "codestral") || named(name, "devstral")) add(kCode);
  if (named(name, "think") || named(name, "r1") || named(name, "qwq") || named(name, "gpt-oss") ||
      (named(name, "qwen3") && !named(name, "coder")))
    add(kReason);
  return skills;
}

std::uint16_t skills_of_task(const PlanChoice& choice) {
  using enum Skill;
  if (choice.task == plan_task::kStt) return bits({kHear});
  if (choice.task == plan_task::kTts) return bits({kSpeak});
  const std::uint16_t text = text_skills(choice.model, choice.parameters_B);
  if (choice.task == plan_task::kChat) return text;
  if (choice.task == "code") return static_cast<std::uint16_t>(text | skill_bit(kCode));
  if (choice.task == "image_chat") return static_cast<std::uint16_t>(text | skill_bit(kSee));
  return 0;
}

TargetDevice device_of(const std::string& device) {
  if (device == "cpu" || device.empty()) return TargetDevice::kCpu;
  return device.starts_with("npu") || device.starts_with("tpu") ? TargetDevice::kNpu : TargetDevice::kGpu;
}

float value_of(const std::optional<Interval>& figure) { return figure ? static_cast<float>(figure->value) : 0.0F; }

RouteTarget target_of(const PlanChoice& choice, std::uint16_t skills) {
  RouteTarget target;
  target.name = choice.model;
  target.model = choice.model;
  target.runtime = choice.runtime;
  target.device_id = choice.device;
  target.device = device_of(choice.device);
  target.tier = tier_of(choice.parameters_B);
  target.skills = skills;
  target.quality = quality_of(choice.parameters_B);
  target.context_length = static_cast<std::uint32_t>(choice.context_length);
  target.memory_bytes = choice.memory.total_bytes();
  target.prefill_tok_s = value_of(choice.projection.prefill_tok_s);
  target.decode_tok_s = value_of(choice.projection.decode_tok_s);
  target.power_w = value_of(choice.projection.power_w);
  target.load_s = static_cast<float>(static_cast<double>(target.memory_bytes) / kAssumedDiskBytesPerS);
  return target;
}

// Figures of a model on a processor of which only the size of its weights is known.
void assume_speed(RouteTarget& target, double weight_bytes) {
  if (weight_bytes <= 0) return;
  target.decode_tok_s = static_cast<float>(0.8 * kAssumedBytesPerS / weight_bytes);
  target.prefill_tok_s = kPrefillPerDecode * target.decode_tok_s;
  target.load_s = static_cast<float>(weight_bytes / kAssumedDiskBytesPerS);
  target.power_w = 25;
}

}  // namespace

RouteTargets targets_of_plan(const Plan& plan) {
  RouteTargets out;
  out.source = "plan";
  for (const PlanChoice& choice : plan.choices) {
    const std::uint16_t skills = skills_of_task(choice);
    if (skills == 0) continue;
    const auto same = std::ranges::find(out.targets, choice.model, &RouteTarget::name);
    if (same != out.targets.end()) {  // one model planned for two tasks is one target
      same->skills = static_cast<std::uint16_t>(same->skills | skills);
    } else if (out.targets.size() < kRouteTargetsMax) {
      out.targets.push_back(target_of(choice, skills));
    } else {
      out.notice = "the plan has more models than are weighed: the first " + std::to_string(kRouteTargetsMax) + " are";
    }
  }
  return out;
}

RouteTargets targets_of_server(const std::vector<ModelFacts>& models) {
  RouteTargets out;
  out.source = "server";
  for (const ModelFacts& facts : models) {
    if (facts.kind != ModelKind::kText || facts.embeds_only) continue;
    if (out.targets.size() == kRouteTargetsMax) {
      out.notice = "more models are served than are weighed: the first " + std::to_string(kRouteTargetsMax) + " are";
      break;
    }
    // Bytes are what is known of every file; a weight takes about 0.6 of them at the usual four to five bits.
    const double parameters_B = static_cast<double>(facts.file_bytes) / 0.6e9;
    RouteTarget target;
    target.name = target.model = facts.name;
    target.runtime = facts.runtime;
    target.device_id = "cpu";
    for (const MemoryItem& item : facts.placement)
      if (item.device != "cpu") target.device_id = item.device;
    target.device = device_of(target.device_id);
    target.tier = tier_of(parameters_B);
    target.skills = text_skills(facts.name, parameters_B);
    target.quality = quality_of(parameters_B);
    target.context_length = facts.context_length;
    target.memory_bytes = facts.held_bytes > 0 ? facts.held_bytes : facts.file_bytes;
    assume_speed(target, static_cast<double>(facts.file_bytes));
    out.targets.push_back(std::move(target));
  }
  return out;
}

RouteTargets usual_targets() {
  struct Usual {
    const char* model;
    double parameters_B;
    std::uint16_t skills;  // 0: those of a text model of this name
    double gib;
    const char* runtime;
  };
  // Sizes as the catalogue's records have them, at Q4_K_M; speech at f16.
  const std::array usual = {
      Usual{"qwen3-0.6b", 0.6, 0, 0.5, "llama"},
      Usual{"qwen3-1.7b", 1.7, 0, 1.2, "llama"},
      Usual{"qwen3-8b", 8.2, 0, 5.0, "llama"},
      Usual{"qwen2.5-coder-7b-instruct", 7.6, 0, 4.7, "llama"},
      Usual{"qwen3-vl-2b-instruct", 2.1, bits({Skill::kText, Skill::kSee}), 1.9, "llama"},
      Usual{"whisper-base", 0.07, bits({Skill::kHear}), 0.15, "whisper"},
      Usual{"kokoro-82m", 0.08, bits({Skill::kSpeak}), 0.17, "onnxruntime"},
  };
  RouteTargets out;
  out.source = "usual set";
  out.notice = "no plan is here: these are the usual models of a machine with 16 GB. `hearth plan` makes one";
  for (const Usual& each : usual) {
    RouteTarget target;
    target.name = target.model = each.model;
    target.runtime = each.runtime;
    target.device_id = "cpu";
    target.tier = tier_of(each.parameters_B);
    target.skills = each.skills != 0 ? each.skills : text_skills(each.model, each.parameters_B);
    target.quality = quality_of(each.parameters_B);
    target.context_length = each.skills == bits({Skill::kHear}) || each.skills == bits({Skill::kSpeak}) ? 0 : 32'768;
    target.memory_bytes = static_cast<std::uint64_t>(each.gib * 1024 * 1024 * 1024);
    assume_speed(target, static_cast<double>(target.memory_bytes));
    out.targets.push_back(std::move(target));
  }
  return out;
}

}  // namespace hearth
