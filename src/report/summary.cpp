// A plan on one screen: what was understood, what runs, whether it keeps its limits, what to know, what to do next.
#include <fmt/format.h>
#include <algorithm>
#include <set>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

constexpr std::size_t kAlternativesShown = 4;
constexpr std::size_t kRisksShown = 4;

std::string speed_text(const PlanChoice& choice) {
  const auto& p = choice.projection;
  if (p.decode_tok_s) return figure_text(p.decode_tok_s, "tok/s");
  if (p.fps) return figure_text(p.fps, "fps");
  if (p.rtf) return figure_text(p.rtf, "s/s");
  return figure_text(p.latency_ms, "ms");
}

std::string readings_text(const Plan& plan) {
  std::string text;
  for (const auto& reading : plan.understood.readings)
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", reading.field, reading.value,
                        reading.assumed ? " (assumed)" : "");
  return text;
}

ReportTable choices_table(const Plan& plan) {
  ReportTable table{"What runs", {"Task", "Model", "Precision", "Runtime", "On", "Memory"}, {}};
  for (const auto& choice : plan.choices)
    table.rows.push_back({one_line(choice.task), model_text(choice), precision_text(choice), one_line(choice.runtime),
                          one_line(choice.device), format_bytes(choice.memory.total_bytes())});
  return table;
}

ReportTable speeds_table(const Plan& plan) {
  ReportTable table{"How fast (low–high)", {"Task", "Speed", "First token", "Context", "Power"}, {}};
  for (const auto& choice : plan.choices)
    table.rows.push_back({one_line(choice.task), speed_text(choice), figure_text(choice.projection.ttft_ms, "ms"),
                          context_text(choice), figure_text(choice.projection.power_w, "W")});
  return without_empty_columns(std::move(table));
}

// Of the tasks that nothing serves: why, and each way out in a line.
ReportBlocks refusals(const Plan& plan) {
  ReportBlocks blocks = ways_out_blocks(plan);
  std::erase_if(blocks, [](const ReportBlock& block) { return std::holds_alternative<ReportTable>(block); });
  ReportList list;
  for (const auto& task : plan.unserved)
    for (const auto& way : plan.alternatives)
      if (way.task == task)
        list.items.push_back(one_line(fmt::format("{}: {}{}{}", plain_words(way.kind), way.what,
                                                  way.decode_tok_s ? ", " + figure_text(way.decode_tok_s, "tok/s") : "",
                                                  way.fits ? "" : " (not enough by itself)")));
  blocks.emplace_back(ReportHeading{"Ways out"});
  blocks.emplace_back(std::move(list));
  return blocks;
}

ReportList limits_list(const Plan& plan) {
  ReportList list;
  for (const auto& check : plan.slos) {
    const double bound = check.at_least.value_or(check.at_most.value_or(0));
    list.items.push_back(fmt::format("{}: {} ({} {} {}, projected {})", check.verdict, one_line(check.name),
                                     check.at_least ? "at least" : "at most", number_text(bound), check.unit,
                                     check.projected ? number_text(check.projected->value) : "unknown"));
  }
  return list;
}

ReportList risks_list(const Plan& plan) {
  ReportList list;
  std::set<std::string> seen;
  for (const char* likelihood : {"high", "medium"})
    for (const auto& risk : plan.risks)
      if (risk.likelihood == likelihood && list.items.size() < kRisksShown && seen.insert(risk.id).second)
        list.items.push_back(one_line(risk.what + ": " + risk.mitigation));
  return list;
}

ReportList alternatives_list(const Plan& plan) {
  ReportList list;
  for (const char* kind : {"other_runtime", "smaller_model", "other_model", "lower_precision", "kv_quantisation"})
    for (const auto& way : plan.alternatives)
      if (way.kind == kind && list.items.size() < kAlternativesShown)
        list.items.push_back(one_line(fmt::format("{}: {}{}", way.task, way.what,
                                                  way.decode_tok_s ? ", " + figure_text(way.decode_tok_s, "tok/s")
                                                  : way.latency_ms ? ", " + figure_text(way.latency_ms, "ms")
                                                                   : std::string())));
  return list;
}

}  // namespace

ReportDocument summary_document(const Plan& plan) {
  ReportDocument document = report_document(plan);
  document.sections.clear();
  if (!plan.approved()) {
    document.opening.erase(
        std::remove_if(document.opening.begin(), document.opening.end(),
                       [](const ReportBlock& block) { return !std::holds_alternative<ReportText>(block); }),
        document.opening.end());
    ReportBlocks opening = refusals(plan);
    if (!plan.choices.empty()) opening.push_back(document.opening.back());
    document.opening = std::move(opening);
  }
  ReportBlocks blocks;
  if (const std::string readings = readings_text(plan); !readings.empty())
    blocks.emplace_back(ReportText{one_line("Understood: " + readings)});
  if (!plan.choices.empty()) {
    blocks.emplace_back(choices_table(plan));
    blocks.emplace_back(speeds_table(plan));
  }
  const auto add = [&](const char* heading, ReportList list) {
    if (list.items.empty()) return;
    blocks.emplace_back(ReportHeading{heading});
    blocks.emplace_back(std::move(list));
  };
  add("Limits", limits_list(plan));
  if (plan.approved()) add("Instead", alternatives_list(plan));
  add("To know", risks_list(plan));
  add("Next", {{"hearth plan ... --report prints the whole: audit, reasons, ladders, every risk",
                "hearth plan ... --out DIR writes plan.json, the report with plots and files that start it",
                "hearth verify holds the plan to its figures on the machine it is for"}});
  document.sections.push_back({"In short", std::move(blocks)});
  return document;
}

}  // namespace hearth
