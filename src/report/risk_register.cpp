// Section 6: what can go wrong, and the rungs that are taken then.
#include <fmt/format.h>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

ReportTable ladder_table(const std::string& task, const std::vector<PlanRung>& rungs) {
  ReportTable table{fmt::format("Ladder of {}, first as planned", one_line(task)),
                    {"Rung", "Model", "Precision", "KV cache", "Context", "Memory", "Decode", "Latency",
                     "Costs in quality", "What is done"},
                    {}};
  for (const auto& rung : rungs)
    table.rows.push_back({plain_words(rung.name), one_line(rung.model), precision_word(rung.precision),
                          one_line(rung.kv_type), rung.context_length > 0 ? std::to_string(rung.context_length) : "",
                          rung.total_bytes > 0 ? format_bytes(rung.total_bytes) : "",
                          figure_text(rung.decode_tok_s, "tok/s"), figure_text(rung.latency_ms, "ms"),
                          one_line(rung.quality_cost), one_line(rung.action)});
  return without_empty_columns(std::move(table));
}

}  // namespace

ReportBlocks risk_register_blocks(const Plan& plan) {
  ReportBlocks blocks;
  ReportTable table{"Risks", {"Risk", "Task", "What", "Likelihood", "Effect", "Mitigation", "Rung"}, {}};
  for (const auto& risk : plan.risks)
    table.rows.push_back({plain_words(risk.id), one_line(risk.task), one_line(risk.what), one_line(risk.likelihood),
                          one_line(risk.effect), one_line(risk.mitigation), plain_words(risk.rung)});
  if (table.rows.empty())
    blocks.emplace_back(ReportText{"No risk is recorded."});
  else
    blocks.emplace_back(without_empty_columns(std::move(table)));
  for (const auto& [task, rungs] : plan.ladders)
    if (!rungs.empty()) blocks.emplace_back(ladder_table(task, rungs));
  return blocks;
}

}  // namespace hearth
