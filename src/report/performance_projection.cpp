// Section 5: speed, memory and latency under load, each with its bounds, and the limits that they are held against.
#include <fmt/format.h>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

constexpr double kAnswerTokens = 256;

std::optional<Interval> scaled(const std::optional<Interval>& figure, double factor) {
  if (!figure) return std::nullopt;
  return Interval{figure->value * factor, figure->low * factor, figure->high * factor};
}

// Low and high change places.
std::optional<Interval> inverse(const std::optional<Interval>& figure, double numerator) {
  if (!figure || figure->low <= 0 || figure->value <= 0) return std::nullopt;
  return Interval{numerator / figure->value, numerator / figure->high, numerator / figure->low};
}

std::optional<Interval> sum(const std::optional<Interval>& a, const std::optional<Interval>& b) {
  if (!a || !b) return std::nullopt;
  return Interval{a->value + b->value, a->low + b->low, a->high + b->high};
}

void add_choice(const PlanChoice& choice, ReportTable& table) {
  const auto& projection = choice.projection;
  const auto add = [&](const std::string& measure, const std::optional<Interval>& figure, const char* unit) {
    if (figure) table.rows.push_back({one_line(choice.task), measure, figure_text(figure, unit)});
  };
  const std::string prompt =
      projection.ttft_prompt_tokens > 0 ? fmt::format(", prompt of {} tokens", projection.ttft_prompt_tokens) : "";
  add("Prefill", projection.prefill_tok_s, "tok/s");
  add(choice.users > 1 ? "Decode, each user" : "Decode", projection.decode_tok_s, "tok/s");
  if (choice.users > 1) add(fmt::format("Decode, all {} users", choice.users), projection.total_decode_tok_s, "tok/s");
  add("Decode, device hot", projection.sustained_decode_tok_s, "tok/s");
  add("First token" + prompt, projection.ttft_ms, "ms");
  // Prompts that arrive together are worked off one after another.
  if (choice.users > 1)
    add(fmt::format("First token of the last of {} who ask at once", choice.users),
        scaled(projection.ttft_ms, choice.users), "ms");
  add("Between two tokens", inverse(projection.decode_tok_s, 1000), "ms");
  add(fmt::format("Whole answer of {:.0f} tokens", kAnswerTokens),
      sum(projection.ttft_ms, inverse(projection.decode_tok_s, 1000 * kAnswerTokens)), "ms");
  add("Latency", projection.latency_ms, "ms");
  add("Frames", projection.fps, "FPS");
  add("Real-time factor, s for each s of sound", projection.rtf, "");
  add("Power of the device", projection.power_w, "W");
}

ReportTable memory_table(const Plan& plan) {
  ReportTable table{"Memory", {"Task", "Component", "Pool", "Bytes", "From file"}, {}};
  for (const auto& choice : plan.choices) {
    std::map<std::pair<std::string, std::string>, std::pair<std::uint64_t, std::uint64_t>> sums;
    for (const auto& item : choice.memory.items) {
      auto& [bytes, mapped] = sums[{item.component, pool_of(plan, item.device)}];
      bytes += item.bytes;
      mapped += item.mapped_bytes;
    }
    const std::string task = one_line(choice.task);
    for (const auto& [key, bytes] : sums)
      if (bytes.first > 0)
        table.rows.push_back({task, plain_words(key.first), one_line(key.second), format_bytes(bytes.first),
                              bytes.second > 0 ? format_bytes(bytes.second) : ""});
    const std::string basis = choice.memory_basis.empty() ? "" : " (" + one_line(choice.memory_basis) + ")";
    table.rows.push_back({task, "total" + basis, "", format_bytes(choice.memory.total_bytes()), ""});
  }
  return without_empty_columns(std::move(table));
}

ReportTable slo_table(const Plan& plan) {
  ReportTable table{"Limits", {"Limit", "Task", "Wanted", "Projected", "Verdict"}, {}};
  for (const auto& slo : plan.slos) {
    std::string wanted = measure_text(slo.metric);
    if (slo.at_least) wanted += fmt::format(" ≥ {} {}", number_text(*slo.at_least), slo.unit);
    if (slo.at_most) wanted += fmt::format(" ≤ {} {}", number_text(*slo.at_most), slo.unit);
    const std::string projected = slo.projected ? figure_text(slo.projected, slo.unit) : "unknown";
    table.rows.push_back({one_line(slo.name.empty() ? slo.slo : slo.name), one_line(slo.task), one_line(wanted),
                          projected, plain_words(slo.verdict)});
  }
  return table;
}

ReportList bases(const Plan& plan) {
  ReportList list;
  for (const auto& choice : plan.choices)
    if (!choice.projection.basis.empty())
      list.items.push_back(fmt::format("{}: {}", one_line(choice.task), one_line(choice.projection.basis)));
  return list;
}

}  // namespace

ReportBlocks performance_projection_blocks(const Plan& plan) {
  if (plan.choices.empty()) return {ReportText{"Nothing to project: no task is served."}};
  ReportBlocks blocks;
  ReportTable speed{"Speed", {"Task", "Measure", "Projected (low–high)"}, {}};
  for (const auto& choice : plan.choices) add_choice(choice, speed);
  if (speed.rows.empty())
    blocks.emplace_back(
        ReportText{"No speed is projected: nothing is known to project it from. hearth verify measures it."});
  else
    blocks.emplace_back(std::move(speed));
  blocks.emplace_back(ReportText{"Nine in ten measurements should land between low and high."});
  if (auto list = bases(plan); !list.items.empty()) {
    blocks.emplace_back(ReportHeading{"What the figures come from"});
    blocks.emplace_back(std::move(list));
  }
  blocks.emplace_back(memory_table(plan));
  blocks.emplace_back(ReportPlot{ReportPlotKind::kMemory});
  blocks.emplace_back(ReportPlot{ReportPlotKind::kRoofline});
  blocks.emplace_back(ReportPlot{ReportPlotKind::kProjectedAndMeasured});
  if (!plan.slos.empty()) blocks.emplace_back(slo_table(plan));
  return blocks;
}

}  // namespace hearth
