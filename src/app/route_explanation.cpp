#include "app/route_explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace hearth {
namespace {

using nlohmann::ordered_json;

// Floats as people write them: three digits behind the point.
double rounded(double value) { return std::round(value * 1000) / 1000; }

double microseconds(std::chrono::nanoseconds time) { return static_cast<double>(time.count()) / 1000; }

constexpr std::array<std::string_view, 4> kVerdictNames = {"taken", "ruled out", "outscored", "part"};

ordered_json features_json(const RouteFeatures& f) {
  return {{"n_chars", f.n_chars},
          {"n_looked_bytes", f.n_looked},
          {"n_tokens", f.n_tokens},
          {"fences", f.n_fences},
          {"questions", f.n_questions},
          {"sentences", f.n_sentences},
          {"urls", f.n_urls},
          {"lines", f.n_lines},
          {"code_score", rounded(f.code_score)},
          {"json_score", rounded(f.json_score)},
          {"image", f.image},
          {"audio", f.audio},
          {"video", f.video},
          {"document", f.document},
          {"image_flag", f.image_flag},
          {"audio_flag", f.audio_flag},
          {"refers_to_image", f.refers_to_image},
          {"refers_to_audio", f.refers_to_audio},
          {"has_tools", f.has_tools},
          {"has_json_schema", f.has_json_schema},
          {"audio_wanted", f.audio_wanted},
          {"language", std::string(f.language.data())},
          {"language_confidence", rounded(f.language_confidence)}};
}

ordered_json intent_json(const IntentVerdict& v) {
  ordered_json probabilities = ordered_json::object();
  for (std::size_t i = 0; i < kIntentCount; ++i)
    probabilities[std::string(kIntentNames[i])] = rounded(v.probability[i]);
  return {{"intent", to_string(v.intent)},
          {"confidence", rounded(v.confidence)},
          {"abstained", v.abstained},
          {"degrade_ok", v.degrade_ok},
          {"degrade_confidence", rounded(v.degrade_confidence)},
          {"difficulty", rounded(v.difficulty)},
          {"probabilities", probabilities}};
}

ordered_json privacy_json(const PrivacyVerdict& p) {
  ordered_json kinds = ordered_json::object();
  for (std::size_t i = 0; i < kPersonalDataCount; ++i)
    if (p.score[i] > 0) kinds[std::string(kPersonalDataNames[i])] = rounded(p.score[i]);
  return {{"personal", p.personal}, {"score", rounded(p.total)}, {"kinds", kinds}};
}

ordered_json candidates_json(const ExplainedRoute& route) {
  ordered_json list = ordered_json::array();
  for (std::size_t i = 0; i < route.decision.n_candidates; ++i) {
    const RouteCandidate& c = route.decision.candidates[i];
    const RouteTarget& target = route.targets[static_cast<std::size_t>(c.target)];
    ordered_json item = {{"target", target.name},
                         {"runtime", target.runtime},
                         {"device", to_string(target.device)},
                         {"tier", to_string(target.tier)},
                         {"verdict", kVerdictNames[static_cast<std::size_t>(c.verdict)]},
                         {"score", rounded(c.score)},
                         {"bandit", rounded(c.bandit)}};
    if (c.expected_ms > 0) item["expected_ms"] = rounded(c.expected_ms);
    if (c.rule != kNoRule) {
      item["rule"] = route.policy.rule_id(c.rule);
      item["why"] = route.policy.rule_why(c.rule);
    }
    list.push_back(std::move(item));
  }
  return list;
}

ordered_json parts_json(const ExplainedRoute& route) {
  ordered_json list = ordered_json::array();
  for (std::size_t i = 0; i < route.decision.n_parts; ++i) {
    const RoutePart& part = route.decision.parts[i];
    list.push_back({{"role", kPartRoleNames[static_cast<std::size_t>(part.role)]},
                    {"target", route.targets[static_cast<std::size_t>(part.target)].name}});
  }
  return list;
}

// What decided, in one sentence.
std::string reason_of(const ExplainedRoute& route) {
  const RouteDecision& d = route.decision;
  if (d.answered_here) return "the question is about models or this device, which the router answers itself";
  if (d.n_parts == 0) return "no target may or can take it";
  const RouteCandidate& taken = d.candidates[static_cast<std::size_t>(d.target())];
  if (taken.rule != kNoRule) return std::string(route.policy.rule_why(taken.rule));
  return "it has the best score";
}

}  // namespace

ordered_json route_json(const ExplainedRoute& route) {
  const RouteDecision& d = route.decision;
  ordered_json rules = ordered_json::array();
  for (std::size_t i = 0; i < d.n_rules; ++i)
    rules.push_back({{"id", route.policy.rule_id(d.rules[i])}, {"why", route.policy.rule_why(d.rules[i])}});
  ordered_json out = {{"target", target_name(d, route.targets)},
                      {"why", reason_of(route)},
                      {"stage", d.stage},
                      {"exit", to_string(d.exit)},
                      {"parts", parts_json(route)},
                      {"security", to_string(route.request.security)},
                      {"intent", intent_json(d.verdict)},
                      {"features", features_json(d.features)},
                      {"privacy", privacy_json(d.privacy)},
                      {"policy", route.policy.id()},
                      {"rules", rules},
                      {"candidates", candidates_json(route)},
                      {"promote_on_failure", d.promote_on_failure},
                      {"answered_here", d.answered_here},
                      {"explored", d.explored}};
  if (d.context_cap != 0) out["context_cap_tokens"] = d.context_cap;
  if (d.resolution_cap != 0) out["resolution_cap_px"] = d.resolution_cap;
  out["times"] = {{"features_us", microseconds(d.times.features)},
                  {"intent_us", microseconds(d.times.intent)},
                  {"policy_us", microseconds(d.times.policy)},
                  {"total_us", microseconds(d.times.total)}};
  return out;
}

std::string target_name(const RouteDecision& decision, const std::vector<RouteTarget>& targets) {
  if (decision.answered_here) return "router";
  if (decision.n_parts == 0) return "none";
  std::string name;
  for (std::size_t i = 0; i < decision.n_parts; ++i)
    name += (i == 0 ? "" : "+") + targets[static_cast<std::size_t>(decision.parts[i].target)].name;
  return name;
}

std::string route_header(const ExplainedRoute& route) {
  const RouteDecision& d = route.decision;
  std::string rules;
  for (std::size_t i = 0; i < d.n_rules; ++i)
    rules += (i == 0 ? "" : ",") + std::string(route.policy.rule_id(d.rules[i]));
  std::string header =
      fmt::format("target={}; stage={}; exit={}; intent={}; confidence={:.2f}; personal={}; rules={}; us={:.0f}",
                  target_name(d, route.targets), d.stage, to_string(d.exit), to_string(d.verdict.intent),
                  d.verdict.confidence, d.privacy.personal ? 1 : 0, rules, microseconds(d.times.total));
  for (char& c : header)
    if (c < ' ' || c > '~') c = '?';
  return header;
}

std::string route_text(const ExplainedRoute& route) {
  const RouteDecision& d = route.decision;
  std::string text = fmt::format("Goes to {}: {}.\n", target_name(d, route.targets), reason_of(route));
  text += fmt::format("  asked     {}, {:.0f} % sure{}{}, difficulty {:.2f}\n", to_string(d.verdict.intent),
                      100 * d.verdict.confidence, d.verdict.abstained ? " (too unsure: small first)" : "",
                      d.verdict.degrade_ok ? ", a smaller model will do" : "", d.verdict.difficulty);
  text += d.exit == ExitReason::kNone ? fmt::format("  settled   in stage {}\n", d.stage)
                                      : fmt::format("  settled   early, in stage 1: {}\n", to_string(d.exit));
  if (d.privacy.personal) text += "  privacy   it holds personal data and stays on this machine\n";
  if (d.context_cap != 0) text += fmt::format("  context   {} tokens at most\n", d.context_cap);
  if (d.resolution_cap != 0) text += fmt::format("  pictures  {} pixels at most\n", d.resolution_cap);
  if (d.promote_on_failure) text += "  if it fails, a larger model takes over\n";
  for (std::size_t i = 0; i < d.n_rules; ++i)
    text += fmt::format("  rule      {}: {}\n", route.policy.rule_id(d.rules[i]), route.policy.rule_why(d.rules[i]));
  text += "  targets\n";
  std::vector<const RouteCandidate*> order;
  for (std::size_t i = 0; i < d.n_candidates; ++i) order.push_back(&d.candidates[i]);
  std::ranges::stable_sort(order, [](const RouteCandidate* a, const RouteCandidate* b) {
    const bool a_out = a->verdict == CandidateVerdict::kRuledOut, b_out = b->verdict == CandidateVerdict::kRuledOut;
    return a_out != b_out ? b_out : a->score > b->score;
  });
  for (const RouteCandidate* c : order) {
    const RouteTarget& target = route.targets[static_cast<std::size_t>(c->target)];
    const bool out = c->verdict == CandidateVerdict::kRuledOut;
    text += fmt::format(
        "    {:<26} {:<9} {}\n", target.name, kVerdictNames[static_cast<std::size_t>(c->verdict)],
        out ? std::string(route.policy.rule_why(c->rule))
            : fmt::format("score {:.2f}{}{}", c->score, c->bandit != 0 ? fmt::format(" {:+.2f} learnt", c->bandit) : "",
                          c->expected_ms > 0 ? fmt::format(", about {:.1f} s", c->expected_ms / 1000) : ""));
  }
  return text + fmt::format("  took      {:.0f} us: features {:.0f}, intent {:.0f}, policy {:.0f}\n",
                            microseconds(d.times.total), microseconds(d.times.features), microseconds(d.times.intent),
                            microseconds(d.times.policy));
}

}  // namespace hearth
