#include <algorithm>
#include <utility>

#include "plan/plan_explanations.h"

namespace hearth {
namespace {

bool lists(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<Interval> projected(const PlanChoice& choice, const std::string& metric) {
  const auto& p = choice.projection;
  if (metric == "decode_tok_s") return p.decode_tok_s;
  if (metric == "ttft_ms") return p.ttft_ms;
  if (metric == "fps") return p.fps;
  if (metric == "rtf") return p.rtf;
  if (metric == "power_w") return p.power_w;
  if (metric.rfind("latency", 0) == 0) return p.latency_ms;
  return std::nullopt;
}

// "meets": the whole interval does; "likely": its middle does; "at_risk": only its good end.
std::string verdict(const PlanSloCheck& check) {
  if (!check.projected) return "unknown";
  const auto& p = *check.projected;
  if (check.at_least) {
    if (p.low >= *check.at_least) return "meets";
    if (p.value >= *check.at_least) return "likely";
    return p.high >= *check.at_least ? "at_risk" : "misses";
  }
  if (check.at_most) {
    if (p.high <= *check.at_most) return "meets";
    if (p.value <= *check.at_most) return "likely";
    return p.low <= *check.at_most ? "at_risk" : "misses";
  }
  return "unknown";
}

PlanSloCheck asked(const PlanChoice& choice, const char* id, const char* name, const char* metric, const char* unit) {
  PlanSloCheck check;
  check.slo = id;
  check.name = name;
  check.task = choice.task;
  check.metric = metric;
  check.unit = unit;
  check.projected = projected(choice, metric);
  return check;
}

bool applies(const CatalogSlo& slo, const PlanChoice& choice, const HardwareProfile& machine) {
  const bool task =
      slo.task == choice.task || (slo.task == "vision_chat" && choice.task == "image_chat") || slo.task == "power";
  return task && lists(slo.models, choice.model) && lists(slo.devices, machine.id) &&
         lists(slo.backends, choice.backend);
}

}  // namespace

std::vector<PlanSloCheck> slo_checks(const Plan& plan, const PlanContext& context) {
  std::vector<PlanSloCheck> out;
  bool power_checked = false;
  for (const auto& choice : plan.choices) {
    if (choice.projection.decode_tok_s && context.request.slo_tok_s) {
      auto check = asked(choice, "asked-tok-s", "speed asked for", "decode_tok_s", "tok/s");
      check.at_least = context.request.slo_tok_s;
      out.push_back(check);
    }
    if (choice.projection.ttft_ms && context.request.slo_ttft_ms) {
      auto check = asked(choice, "asked-ttft-ms", "first token asked for", "ttft_ms", "ms");
      check.at_most = context.request.slo_ttft_ms;
      out.push_back(check);
    }
    for (const auto& slo : context.inputs.catalog.slos) {
      if (!applies(slo, choice, context.machine)) continue;
      if (slo.task == "power" && std::exchange(power_checked, true)) continue;
      auto check = asked(choice, slo.id.c_str(), slo.name.c_str(), slo.metric.c_str(), slo.unit.c_str());
      check.at_least = slo.at_least;
      check.at_most = slo.at_most;
      out.push_back(check);
    }
  }
  for (auto& check : out) check.verdict = verdict(check);
  return out;
}

}  // namespace hearth
