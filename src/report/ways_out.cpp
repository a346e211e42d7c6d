// What a report opens with when nothing serves a task.
#include <fmt/format.h>
#include <algorithm>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

// The rejection that says most: of what was asked for where a model was named, else the one that came closest in
// memory.
const PlanRejection* telling_rejection(const Plan& plan, const std::string& task) {
  const auto& wishes = plan.understood.request.wishes;
  const PlanRejection* found = nullptr;
  for (const auto& rejection : plan.rejected) {
    if (rejection.task != task) continue;
    const bool asked = std::any_of(wishes.begin(), wishes.end(), [&](const auto& wish) {
      return wish.task == task && wish.model == rejection.model;
    });
    if (asked) return &rejection;
    if (found == nullptr || (rejection.needed_bytes > 0 && rejection.needed_bytes < found->needed_bytes))
      found = &rejection;
  }
  return found;
}

std::string needed_text(const PlanRejection& rejection) {
  return fmt::format("{} in {}: {}", one_line(rejection.model), precision_word(rejection.precision),
                     one_line(rejection.reason));
}

}  // namespace

ReportTable alternatives_table(const std::string& caption, const std::vector<const PlanAlternative*>& alternatives) {
  ReportTable table{caption,
                    {"Task", "Way", "What it means", "Model", "Precision", "KV cache", "Context", "Memory", "Fits",
                     "Decode", "Latency", "Speed"},
                    {}};
  for (const auto* way : alternatives)
    table.rows.push_back({one_line(way->task), plain_words(way->kind), one_line(way->what), one_line(way->model),
                          precision_word(way->precision), one_line(way->kv_type),
                          way->context_length > 0 ? std::to_string(way->context_length) : "",
                          way->total_bytes > 0 ? format_bytes(way->total_bytes) : "", way->fits ? "yes" : "no",
                          figure_text(way->decode_tok_s, "tok/s"), figure_text(way->latency_ms, "ms"),
                          way->gain ? number_text(*way->gain) + " × the choice" : ""});
  return without_empty_columns(std::move(table));
}

ReportBlocks ways_out_blocks(const Plan& plan) {
  ReportBlocks blocks;
  std::vector<const PlanAlternative*> ways;
  for (const auto& task : plan.unserved) {
    std::string text = fmt::format("Not approved: nothing that was considered serves {} within a budget of {}.",
                                   one_line(task), format_bytes(plan.budget_bytes()));
    if (const auto* rejection = telling_rejection(plan, task)) text += " " + needed_text(*rejection);
    blocks.emplace_back(ReportNotice{one_line(text)});
    for (const auto& alternative : plan.alternatives)
      if (alternative.task == task) ways.push_back(&alternative);
  }
  if (ways.empty())
    blocks.emplace_back(
        ReportText{"No way out was found. Ask for another model, a shorter context or a larger budget."});
  else
    blocks.emplace_back(alternatives_table("Ways out", ways));
  return blocks;
}

}  // namespace hearth
