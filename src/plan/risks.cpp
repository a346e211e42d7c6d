#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "plan/plan_explanations.h"

namespace hearth {
namespace {

constexpr double kTightShare = 0.9;  // of a pool's budget

std::string rung_name(const Plan& plan, const std::string& task, std::size_t index) {
  const auto ladder = plan.ladders.find(task);
  return ladder != plan.ladders.end() && ladder->second.size() > index ? ladder->second[index].name : "";
}

void heat(std::vector<PlanRisk>& out, const Plan& plan) {
  const auto& thermal = plan.device.thermal;
  const std::string limit = thermal.throttle_c ? fmt::format("it throttles at {:.0f} °C", *thermal.throttle_c)
                                               : "its throttling point is not published";
  const auto heaviest = std::max_element(plan.choices.begin(), plan.choices.end(), [](const auto& a, const auto& b) {
    return a.memory.total_bytes() < b.memory.total_bytes();
  });
  const std::string& task = heaviest->task;
  if (thermal.cooling == "passive" || thermal.cooling == "optional_fan")
    out.push_back(PlanRisk{
        "heat", task,
        fmt::format("cooled {}: {}",
                    thermal.cooling == "passive" ? "without a fan" : "with a fan only if one is fitted", limit),
        "high", "speed falls to the sustained figure within minutes",
        thermal.cooling == "passive" ? "short bursts; step down before it throttles" : "fit the fan",
        rung_name(plan, task, 1)});
  else
    out.push_back(PlanRisk{"heat", task, fmt::format("long load in a warm or dusty place; {}", limit), "low",
                           "speed falls below the projection", "watch temperatures with hearth status",
                           rung_name(plan, task, 1)});
  if (plan.understood.request.power == PlanPower::kBattery)
    out.push_back(PlanRisk{"power", task, "on battery the system lowers clocks", "high",
                           "slower than projected for mains", "background work waits for mains",
                           rung_name(plan, task, 1)});
}

void memory(std::vector<PlanRisk>& out, const Plan& plan) {
  for (const auto& pool : plan.pools) {
    if (pool.planned_bytes == 0 || pool.budget_bytes == 0) continue;
    const double share = static_cast<double>(pool.planned_bytes) / static_cast<double>(pool.budget_bytes);
    out.push_back(PlanRisk{"memory", "",
                           fmt::format("{} of {} in {} are planned ({:.0f} %)", format_bytes(pool.planned_bytes),
                                       format_bytes(pool.budget_bytes), pool.pool, share * 100),
                           share > kTightShare ? "medium" : "low",
                           "other programs or longer contexts meet the limit; the system swaps or ends a process",
                           "what does not fit is refused before it is loaded; caches are given back first",
                           plan.choices.empty() ? "" : rung_name(plan, plan.choices.front().task, 1)});
  }
  const auto& available = plan.device.memory.available_bytes;
  if (available && !plan.pools.empty() && available->value < plan.pools.front().planned_bytes)
    out.push_back(PlanRisk{
        "memory_now", "", fmt::format("only {} of RAM are free at the moment", format_bytes(available->value)), "high",
        "loading is refused until other programs give memory back", "close other programs before hearth up"});
}

std::string licence_sentence(const PlanChoice& choice) {
  const std::string name = choice.licence.empty() ? "a licence that the file does not name" : choice.licence;
  const std::string use = choice.commercial == "no"            ? "commercial use forbidden"
                          : choice.commercial == "conditional" ? "commercial use under conditions"
                                                               : "commercial use unknown";
  return fmt::format("{}: {}{}{}", name, use, choice.licence_note.empty() ? "" : "; ", choice.licence_note);
}

void of_choice(std::vector<PlanRisk>& out, const PlanChoice& choice, const PlanContext& context) {
  const auto* precision = find_record(context.inputs.catalog.precisions, choice.precision);
  if (precision && precision->rung < 92) {
    std::string loss = "no figure is published for it";
    if (!precision->quality_loss.empty()) {
      const auto& published = precision->quality_loss.front();
      loss = fmt::format("{} {:g} on {}", published.metric, published.value, published.model);
    }
    out.push_back(PlanRisk{"quantisation", choice.task, fmt::format("{}: {}", choice.precision_name, loss),
                           precision->rung >= 70 ? "low" : "medium",
                           "answers differ from the unquantised model, more in rare knowledge and long reasoning",
                           "compare on your own prompts; go one rung up where memory allows"});
  }
  if (choice.commercial != "yes")
    out.push_back(
        PlanRisk{"licence", choice.task, licence_sentence(choice), choice.commercial == "no" ? "high" : "medium",
                 "a product may not be sold or must meet terms", "read the licence; --commercial plans without it"});
  if (!choice.runtime_present && !context.inputs.installed.empty())
    out.push_back(PlanRisk{"runtime", choice.task,
                           fmt::format("{} is not installed on this machine", choice.runtime_name), "high",
                           "the plan can't start", choice.install_hint.empty() ? "install it" : choice.install_hint});
  const bool far = choice.projection.decode_tok_s
                       ? choice.projection.decode_tok_s->low * 2.5 < choice.projection.decode_tok_s->high
                       : true;
  if (far)
    out.push_back(PlanRisk{"projection", choice.task,
                           "few measurements of this kind of device and runtime stand behind the projected speed",
                           "medium", "the real speed lies anywhere in a wide interval",
                           "hearth verify measures it, and the next plan uses that"});
}

}  // namespace

std::vector<PlanRisk> risks_of(const Plan& plan, const PlanContext& context) {
  std::vector<PlanRisk> out;
  if (!plan.choices.empty()) heat(out, plan);
  memory(out, plan);
  for (const auto& choice : plan.choices) of_choice(out, choice, context);
  for (const auto& check : plan.slos)
    if (check.verdict == "misses" || check.verdict == "at_risk")
      out.push_back(PlanRisk{
          "service_level", check.task,
          fmt::format("{}: projected {:.3g} {}, wanted {} {:g}", check.name,
                      check.projected ? check.projected->value : 0.0, check.unit,
                      check.at_least ? "at least" : "at most", check.at_least.value_or(check.at_most.value_or(0))),
          check.verdict == "misses" ? "high" : "medium", "users wait longer than they were promised",
          "take one of the alternatives, or another device"});
  if (plan.offline)
    out.push_back(PlanRisk{"offline", "", "nothing can be fetched once the machine is cut off", "low",
                           "a missing file stops the start", "fetch and verify all files before: hearth models"});
  return out;
}

}  // namespace hearth
