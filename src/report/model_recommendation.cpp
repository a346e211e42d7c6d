// Section 2: the models, why these, what else there is, what was turned down.
#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

constexpr std::size_t kRejectionsShown = 12;  // of each task; plan.json has all

std::string licence_text(const PlanChoice& choice) {
  std::string out = choice.licence.empty() ? "unknown" : one_line(choice.licence);
  if (!choice.commercial.empty() && choice.commercial != "yes")
    out += ", commercial use: " + one_line(choice.commercial);
  return out;
}

ReportTable choices_table(const Plan& plan) {
  ReportTable table{"Choices", {"Task", "Model", "Precision", "Runtime", "Device", "Context", "Memory", "Licence"}, {}};
  for (const auto& choice : plan.choices)
    table.rows.push_back({one_line(choice.task), model_text(choice), precision_text(choice),
                          one_line(choice.runtime_name), one_line(choice.device_name), context_text(choice),
                          format_bytes(choice.memory.total_bytes()), licence_text(choice)});
  return without_empty_columns(std::move(table));
}

void add_reasons(const PlanChoice& choice, ReportBlocks& blocks) {
  blocks.emplace_back(
      ReportHeading{fmt::format("{}: {}, {}", one_line(choice.task), model_text(choice), precision_text(choice))});
  ReportList list;
  const auto add = [&](const char* what, const std::string& text) {
    if (!text.empty()) list.items.push_back(fmt::format("{}{}", what, one_line(text)));
  };
  for (const auto& reason : choice.why) add("Why: ", reason);
  for (const auto& caveat : choice.caveats) add("Mind: ", caveat);
  for (const auto& avoid : choice.avoid) add("Don't: ", avoid);
  add("Licence: ", choice.licence_note);
  add("Weights: ", !choice.file.empty() ? choice.file : choice.hub);
  if (!choice.runtime_present) add("Runtime: to be installed: ", choice.install_hint);
  if (choice.parameters_B > 0) {
    std::string size = number_text(choice.parameters_B) + " billion parameters";
    if (choice.active_B > 0 && choice.active_B < choice.parameters_B)
      size += ", " + number_text(choice.active_B) + " billion active";
    add("Size: ", size);
  }
  blocks.emplace_back(std::move(list));
}

// "qwen3-8b Q4_K_M on llama: reason"; a device or a runtime can be turned down as well, without a model.
std::string rejection_line(const PlanRejection& rejection) {
  std::string what = one_line(rejection.model);
  if (!rejection.precision.empty()) what += " " + precision_word(rejection.precision);
  if (!rejection.runtime.empty()) what += (what.empty() ? "" : " on ") + one_line(rejection.runtime);
  return what.empty() ? one_line(rejection.reason) : what + ": " + one_line(rejection.reason);
}

void add_rejections(const Plan& plan, ReportBlocks& blocks) {
  std::map<std::string, std::vector<std::string>> by_task;
  for (const auto& rejection : plan.rejected) by_task[rejection.task].push_back(rejection_line(rejection));
  for (auto& [task, lines] : by_task) {
    const std::size_t count = lines.size();
    if (count > kRejectionsShown) {
      lines.resize(kRejectionsShown);
      lines.push_back(fmt::format("and {} more; plan.json has all", count - kRejectionsShown));
    }
    const std::string from = task.empty() ? "every task" : one_line(task);
    blocks.emplace_back(ReportHeading{fmt::format("Turned down for {}: {}", from, count)});
    blocks.emplace_back(ReportList{lines});
  }
}

}  // namespace

ReportBlocks model_recommendation_blocks(const Plan& plan) {
  ReportBlocks blocks;
  if (plan.choices.empty())
    blocks.emplace_back(
        ReportText{"No model is recommended: nothing fits what was asked for. The ways out are at the top."});
  else
    blocks.emplace_back(choices_table(plan));
  for (const auto& choice : plan.choices) add_reasons(choice, blocks);
  std::vector<const PlanAlternative*> others;
  const auto& unserved = plan.unserved;  // their alternatives are the ways out at the top
  for (const auto& alternative : plan.alternatives)
    if (std::find(unserved.begin(), unserved.end(), alternative.task) == unserved.end()) others.push_back(&alternative);
  if (!others.empty()) blocks.emplace_back(alternatives_table("Alternatives", others));
  add_rejections(plan, blocks);
  return blocks;
}

}  // namespace hearth
