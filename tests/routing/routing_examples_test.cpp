// Every example of a decision that the router promises, one row each, on the shipped policy.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "router/target_choice.h"
#include "routing_fixture.h"

namespace hearth {
namespace {

struct Situation {
  RouteRequest request;
  MachineState machine;
  RouteDecision decision;
  std::vector<TargetState> states;
  std::vector<RouteTarget> targets = sample_targets();

  TargetState& state(std::string_view name) { return states[static_cast<std::size_t>(index_of(targets, name))]; }
};

struct Example {
  std::string name;
  Intent intent;
  float difficulty;
  std::function<void(Situation&)> set_up;
  std::vector<std::string> parts;  // the targets' names, in order, "a|b" where either will do; empty: no route
  std::string rule;                // that must be among the rules applied, or have kept something out
};

constexpr std::uint64_t kGib = 1ULL << 30U;
using namespace std::chrono_literals;

void picture(Situation& s) { s.decision.features.image = s.decision.features.image_flag = true; }
void sound(Situation& s) { s.decision.features.audio = s.decision.features.audio_flag = true; }

const std::vector<Example> kExamples = {
    {"short prompt and short answer: a small model",
     Intent::kChat,
     0.1F,
     [](Situation& s) {
       s.decision.exit = ExitReason::kShort;
       s.request.max_tokens = 32;
     },
     {"tiny|small"},
     "short-small"},
    {"a picture: a model that sees", Intent::kVision, 0.3F, picture, {"eyes-gpu"}, "skill"},
    {"audio without text: a model that hears", Intent::kStt, 0.2F, sound, {"ears"}, "skill"},
    {"audio wanted: a model that speaks",
     Intent::kTts,
     0.1F,
     [](Situation& s) { s.request.audio_wanted = true; },
     {"mouth"},
     "skill"},
    {"airgap: local CPU engines only",
     Intent::kCode,
     0.9F,
     [](Situation& s) { s.request.security = SecurityLevel::kAirgap; },
     {"medium-cpu"},
     "airgap"},
    {"private: nothing leaves the machine",
     Intent::kChat,
     0.95F,
     [](Situation& s) {
       s.request.security = SecurityLevel::kPrivate;
       s.machine.remote_allowed = true;
       s.request.quality = QualityWish::kBest;
     },
     {"medium-gpu"},
     "private"},
    {"personal data stay here, whatever the quality asked",
     Intent::kChat,
     0.95F,
     [](Situation& s) {
       s.decision.privacy.personal = true;
       s.machine.remote_allowed = true;
       s.request.quality = QualityWish::kBest;
     },
     {"medium-gpu"},
     "personal-data"},
    {"remote where policy and plan allow, and the best was asked for",
     Intent::kChat,
     0.95F,
     [](Situation& s) {
       s.machine.remote_allowed = true;
       s.request.quality = QualityWish::kBest;
     },
     {"far-large"},
     "best-large"},
    {"remote not where the plan does not allow it",
     Intent::kChat,
     0.95F,
     [](Situation& s) { s.request.quality = QualityWish::kBest; },
     {"medium-gpu"},
     "remote"},
    {"battery below 20 %: a small model on the CPU",
     Intent::kChat,
     0.9F,
     [](Situation& s) {
       s.machine.on_ac = false;
       s.machine.battery = 0.15F;
     },
     {"tiny|small"},
     "battery-low-small"},
    {"battery at 60 %: as ever",
     Intent::kChat,
     0.9F,
     [](Situation& s) {
       s.machine.on_ac = false;
       s.machine.battery = 0.6F;
     },
     {"medium-gpu"},
     "hard-large"},
    {"heat: a small model on the CPU",
     Intent::kChat,
     0.9F,
     [](Situation& s) { s.machine.temperature_c = 91.0F; },
     {"tiny|small"},
     "heat-small"},
    {"a picture in the heat: the small model that sees, on the CPU",
     Intent::kVision,
     0.3F,
     [](Situation& s) {
       picture(s);
       s.machine.temperature_c = 91.0F;
     },
     {"eyes-cpu"},
     "heat-small"},
    {"tight SLO and idle GPU: promoted to the GPU",
     Intent::kSummarize,
     0.3F,
     [](Situation& s) {
       s.request.slo = 2400ms;
       s.machine.gpu_load = 0.05F;
       s.state("medium-gpu").loaded = true;
     },
     {"medium-gpu"},
     "tight-slo-gpu"},
    {"tight SLO and busy GPU with a queue: not the GPU",
     Intent::kClassify,
     0.1F,
     [](Situation& s) {
       s.request.slo = 2400ms;
       s.machine.gpu_load = 0.95F;
       s.state("medium-gpu").queue = s.state("coder-gpu").queue = 9;
       s.state("tiny").loaded = s.state("small").loaded = true;
     },
     {"tiny|small"},
     "gpu-busy"},
    {"unsure: small first, promoted when it fails",
     Intent::kCode,
     0.5F,
     [](Situation& s) { s.decision.verdict.abstained = true; },
     {"tiny|small"},
     "unsure-promote"},
    {"a smaller model will do",
     Intent::kChat,
     0.2F,
     [](Situation& s) {
       s.decision.verdict.degrade_ok = true;
       s.state("small").loaded = true;
     },
     {"tiny|small"},
     "degrade-small"},
    {"code: a model made for code", Intent::kCode, 0.6F, [](Situation&) {}, {"coder-gpu"}, "code"},
    {"tools: a model that calls tools",
     Intent::kToolUse,
     0.3F,
     [](Situation& s) { s.request.has_tools = true; },
     {"small|medium-gpu"},
     "tools"},
    {"session affinity: the conversation stays where it is",
     Intent::kChat,
     0.4F,
     [](Situation& s) {
       s.machine.session_target = index_of(s.targets, "coder-gpu");
       s.state("coder-gpu").loaded = s.state("medium-gpu").loaded = true;
     },
     {"coder-gpu"},
     "session"},
    {"residency: the loaded model of two that are alike",
     Intent::kChat,
     0.7F,
     [](Situation& s) { s.state("coder-gpu").loaded = true; },
     {"coder-gpu"},
     "loaded"},
    {"a warm prefix counts",
     Intent::kChat,
     0.7F,
     [](Situation& s) {
       s.decision.features.n_tokens = 6000;
       s.state("coder-gpu").loaded = s.state("medium-gpu").loaded = true;
       s.state("coder-gpu").warm_prefix_tokens = 5800;
     },
     {"coder-gpu"},
     "warm-prefix"},
    {"queue length: not where many wait",
     Intent::kChat,
     0.7F,
     [](Situation& s) {
       s.state("coder-gpu").loaded = s.state("medium-gpu").loaded = true;
       s.state("medium-gpu").queue = 6;
     },
     {"coder-gpu"},
     "target-busy"},
    {"low memory: a shorter context before another model",
     Intent::kChat,
     0.7F,
     [](Situation& s) {
       s.machine.vram_free_bytes = 6 * kGib + kGib / 2;
       s.targets[static_cast<std::size_t>(index_of(s.targets, "coder-gpu"))].memory_bytes = 40 * kGib;
     },
     {"medium-gpu"},
     "hard-large"},
    {"low memory: a lower resolution before another model",
     Intent::kVision,
     0.3F,
     [](Situation& s) {
       picture(s);
       s.machine.memory_free_bytes = kGib;
       s.state("eyes-cpu").loaded = true;
       s.state("eyes-gpu").loaded = true;
     },
     {"eyes-gpu"},
     "low-memory-resolution"},
    {"no memory at all: what is loaded",
     Intent::kChat,
     0.7F,
     [](Situation& s) {
       s.machine.vram_free_bytes = s.machine.memory_free_bytes = kGib / 4;
       s.state("small").loaded = true;
     },
     {"small"},
     "memory"},
    {"a picture and reasoning: one that sees and one that answers",
     Intent::kCode,
     0.7F,
     picture,
     {"eyes-gpu", "coder-gpu"},
     "code"},
    {"audio and a question: one that hears and one that answers",
     Intent::kSummarize,
     0.5F,
     sound,
     {"ears", "medium-gpu"},
     "skill"},
    {"an answer that is to be heard: one that answers and one that speaks",
     Intent::kChat,
     0.7F,
     [](Situation& s) { s.request.audio_wanted = true; },
     {"medium-gpu", "mouth"},
     "hard-large"},
    {"the best quality, asked for, on a private machine",
     Intent::kChat,
     0.5F,
     [](Situation& s) {
       s.request.quality = QualityWish::kBest;
       s.request.security = SecurityLevel::kPrivate;
     },
     {"medium-gpu"},
     "private"},
    {"a fast answer, asked for",
     Intent::kChat,
     0.5F,
     [](Situation& s) {
       s.request.quality = QualityWish::kFast;
       s.state("tiny").loaded = true;
     },
     {"tiny"},
     "fast-small"},
    {"long-form: no tiny model",
     Intent::kLongForm,
     0.3F,
     [](Situation& s) {
       s.decision.verdict.degrade_ok = true;
       s.state("tiny").loaded = true;
     },
     {"small|medium-gpu"},
     "long-form"},
    {"a prompt longer than a context goes elsewhere",
     Intent::kSummarize,
     0.7F,
     [](Situation& s) {
       s.decision.features.n_tokens = 20'000;
       for (auto& target : s.targets) target.context_length = target.name == "coder-gpu" ? 65'536 : 8192;
     },
     {"coder-gpu"},
     "context"},
    {"a picture where nothing sees: no route",
     Intent::kVision,
     0.3F,
     [](Situation& s) {
       picture(s);
       s.state("eyes-gpu").available = s.state("eyes-cpu").available = false;
     },
     {},
     "skill"},
    {"a text about a picture that did not come: a model that writes will do where nothing sees",
     Intent::kVision,
     0.3F,
     [](Situation& s) {
       s.state("eyes-gpu").available = s.state("eyes-cpu").available = false;
       s.state("small").loaded = true;
       s.decision.verdict.degrade_ok = true;
     },
     {"small"},
     "unavailable"},
    {"a question about models: the router answers",
     Intent::kRouteOnly,
     0.1F,
     [](Situation&) {},
     {"tiny|small|medium-gpu"},
     "router-answers"},
};

class RoutingExamplesTest : public testing::TestWithParam<Example> {};

TEST_P(RoutingExamplesTest, goes_where_it_should) {
  const Example& example = GetParam();
  static const RoutingPolicy policy = shipped_policy();
  Situation s;
  s.decision = decided(example.intent, example.difficulty);
  s.states.resize(s.targets.size());
  example.set_up(s);
  s.machine.targets = s.states;
  choose_targets({policy, s.targets, nullptr}, s.request, s.machine, s.decision);

  std::vector<std::string> parts;
  for (std::size_t i = 0; i < s.decision.n_parts; ++i)
    parts.push_back(s.targets[static_cast<std::size_t>(s.decision.parts[i].target)].name);
  std::string trace;
  bool seen = false;
  for (std::size_t i = 0; i < s.decision.n_candidates; ++i) {
    const RouteCandidate& c = s.decision.candidates[i];
    trace += "\n  " + s.targets[i].name + " " + std::to_string(c.score) + " " + std::string(policy.rule_id(c.rule)) +
             (c.verdict == CandidateVerdict::kRuledOut ? " (out)" : "") + " " + std::to_string(c.expected_ms) + " ms";
    seen = seen || policy.rule_id(c.rule) == example.rule;
  }
  for (std::size_t i = 0; i < s.decision.n_rules; ++i)
    seen = seen || policy.rule_id(s.decision.rules[i]) == example.rule;
  for (std::size_t i = 0; i < std::min(parts.size(), example.parts.size()); ++i)
    if (("|" + example.parts[i] + "|").find("|" + parts[i] + "|") != std::string::npos) parts[i] = example.parts[i];
  EXPECT_EQ(parts, example.parts) << trace;
  EXPECT_EQ(s.decision.answered_here, example.intent == Intent::kRouteOnly);
  EXPECT_TRUE(seen) << "the rule " << example.rule << " said nothing" << trace;
}

void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

std::string case_name(const testing::TestParamInfo<Example>& info) {
  std::string name;
  for (const char c : info.param.name) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(all, RoutingExamplesTest, testing::ValuesIn(kExamples), case_name);

TEST(RoutingExamplesTest, a_context_is_capped_to_what_fits_and_not_below_the_prompt) {
  const RoutingPolicy policy = shipped_policy();
  std::vector<RouteTarget> targets = {sample_targets()[2]};
  MachineState machine;
  machine.vram_free_bytes = targets[0].memory_bytes - static_cast<std::uint64_t>(20'000 * 40'000.0);
  RouteRequest request;
  RouteDecision decision = decided(Intent::kChat);
  choose_targets({policy, targets, nullptr}, request, machine, decision);
  ASSERT_EQ(decision.n_parts, 1);
  EXPECT_NEAR(decision.context_cap, 12'768, 2);
  decision = decided(Intent::kChat);
  decision.features.n_tokens = 14'000;  // more than fits: not this target then
  choose_targets({policy, targets, nullptr}, request, machine, decision);
  EXPECT_EQ(decision.n_parts, 0);
  EXPECT_EQ(policy.rule_id(decision.candidates[0].rule), "memory");
}

TEST(RoutingExamplesTest, promotion_goes_to_the_best_larger_candidate) {
  const RoutingPolicy policy = shipped_policy(false);
  const auto targets = sample_targets();
  RouteRequest request;
  RouteDecision decision = decided(Intent::kChat);
  decision.verdict.abstained = true;
  choose_targets({policy, targets, nullptr}, request, {}, decision);
  EXPECT_TRUE(decision.promote_on_failure);
  const TargetIndex next = promotion_of(decision, targets);
  ASSERT_NE(next, kNoTarget);
  EXPECT_GT(targets[static_cast<std::size_t>(next)].tier, targets[static_cast<std::size_t>(decision.target())].tier);
}

}  // namespace
}  // namespace hearth
