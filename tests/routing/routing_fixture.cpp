#include "routing_fixture.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "catalog/catalog.h"
#include "support/paths.h"

namespace hearth {
namespace {

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(test::source_dir().string() + "/data/" + path).rdbuf();
  return text.str();
}

template <class T>
T or_exit(Result<T> result) {
  if (result) return std::move(result).value();
  std::fprintf(stderr, "%s\n", to_string(result.error()).c_str());
  std::exit(1);
}

constexpr std::uint64_t kGib = 1ULL << 30U;

RouteTarget make(std::string name, TargetDevice device, ModelTier tier, std::initializer_list<Skill> skills) {
  RouteTarget target;
  target.name = target.model = std::move(name);
  target.runtime = device == TargetDevice::kRemote ? "openai" : "llama";
  target.device = device;
  target.tier = tier;
  for (const Skill skill : skills) target.skills = static_cast<std::uint16_t>(target.skills | skill_bit(skill));
  target.context_length = 32768;
  return target;
}

void set_speed(RouteTarget& target, float quality, float prefill_tok_s, float decode_tok_s, float power_w) {
  target.quality = quality;
  target.prefill_tok_s = prefill_tok_s;
  target.decode_tok_s = decode_tok_s;
  target.power_w = power_w;
  target.load_s = 2;
}

void set_memory(RouteTarget& target, double gib) {
  target.memory_bytes = static_cast<std::uint64_t>(gib * static_cast<double>(kGib));
  target.kv_bytes_per_token = 40'000;
}

}  // namespace

RoutingPolicy shipped_policy(bool remote) {
  const std::vector<CatalogFile> files = {{"policies/routing/default.json", text_of("policies/routing/default.json")},
                                          {"schemas/routing.schema.json", text_of("schemas/routing.schema.json")}};
  const Catalog catalog = or_exit(Catalog::load(files));
  CatalogRoutingPolicy record = *or_exit(catalog.routing_policy("default"));
  record.remote = remote;
  return or_exit(RoutingPolicy::compile(record));
}

std::vector<RouteTarget> sample_targets() {
  using enum Skill;
  std::vector<RouteTarget> targets;
  const auto add = [&](RouteTarget target, double gib, float quality, std::array<float, 3> speed) {
    set_speed(target, quality, speed[0], speed[1], speed[2]);
    set_memory(target, gib);
    targets.push_back(std::move(target));
  };
  using enum TargetDevice;
  add(make("tiny", kCpu, ModelTier::kTiny, {kText, kJson}), 0.8, 0.2F, {400, 60, 15});
  add(make("small", kCpu, ModelTier::kSmall, {kText, kJson, kTools}), 2, 0.4F, {150, 25, 20});
  add(make("medium-gpu", kGpu, ModelTier::kMedium, {kText, kJson, kTools, kReason}), 7, 0.7F, {2500, 70, 180});
  add(make("coder-gpu", kGpu, ModelTier::kMedium, {kText, kJson, kTools, kCode}), 7, 0.65F, {2500, 70, 180});
  add(make("medium-cpu", kCpu, ModelTier::kMedium, {kText, kJson, kTools, kReason}), 7, 0.7F, {40, 8, 40});
  add(make("far-large", kRemote, ModelTier::kLarge, {kText, kJson, kTools, kCode, kReason}), 0, 0.95F, {4000, 60, 0});
  targets.back().load_s = 0;
  targets.back().cost_per_1k_tokens = 0.01F;
  add(make("eyes-gpu", kGpu, ModelTier::kMedium, {kText, kSee}), 6, 0.5F, {1500, 60, 170});
  add(make("eyes-cpu", kCpu, ModelTier::kSmall, {kText, kSee}), 2, 0.35F, {60, 12, 25});
  add(make("ears", kCpu, ModelTier::kSmall, {kHear}), 0.5, 0.6F, {300, 60, 15});
  add(make("mouth", kCpu, ModelTier::kTiny, {kSpeak}), 0.3, 0.6F, {300, 120, 10});
  return targets;
}

TargetIndex index_of(const std::vector<RouteTarget>& targets, std::string_view name) {
  for (std::size_t i = 0; i < targets.size(); ++i)
    if (targets[i].name == name) return static_cast<TargetIndex>(i);
  return kNoTarget;
}

RouteDecision decided(Intent intent, float difficulty) {
  RouteDecision decision;
  decision.verdict.intent = intent;
  decision.verdict.confidence = 0.95F;
  decision.verdict.probability[static_cast<std::size_t>(intent)] = 0.95F;
  decision.verdict.difficulty = difficulty;
  decision.features.n_tokens = 200;
  return decision;
}

}  // namespace hearth
