// Section 3: who talks to whom and who holds which memory, drawn in ASCII, at most 78 columns.
#include <fmt/format.h>
#include <algorithm>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

constexpr std::size_t kWidth = 78, kGap = 2, kMaxInRow = 3;
using Lines = std::vector<std::string>;

// Printable ASCII of at most `width` columns; a diagram must not depend on the width of foreign letters.
std::string ascii(const std::string& text, std::size_t width) {
  std::string out;
  for (const char c : one_line(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      out += c;
    else if ((byte & 0xC0) != 0x80)
      out += '?';
  }
  if (out.size() > width) out = out.substr(0, width > 2 ? width - 2 : width) + (width > 2 ? ".." : "");
  return out;
}

Lines box(const Lines& content, std::size_t width) {
  const std::string edge = "+" + std::string(width - 2, '-') + "+";
  Lines out{edge};
  for (const auto& text : content) out.push_back(fmt::format("| {:<{}} |", ascii(text, width - 4), width - 4));
  out.push_back(edge);
  return out;
}

std::string arrows(std::size_t count, std::size_t width) {
  std::string out;
  for (std::size_t at = 0; at < count; ++at) {
    out.resize(at * (width + kGap) + width / 2, ' ');
    out += '|';
  }
  return out;
}

Lines choice_lines(const PlanChoice& choice) {
  Lines lines{choice.task, model_text(choice), precision_text(choice),
              fmt::format("{} on {}", one_line(choice.runtime_name), one_line(choice.device)),
              format_bytes(choice.memory.total_bytes())};
  lines.push_back(choice.context_length > 0 ? fmt::format("{} tokens x {}", choice.context_length, choice.users) : "");
  return lines;
}

void add_choices(const Plan& plan, Lines& out) {
  for (std::size_t first = 0; first < plan.choices.size(); first += kMaxInRow) {
    const std::size_t count = std::min(kMaxInRow, plan.choices.size() - first);
    const std::size_t width = (kWidth - kGap * (count - 1)) / count;
    std::vector<Lines> boxes;
    for (std::size_t at = 0; at < count; ++at) boxes.push_back(box(choice_lines(plan.choices[first + at]), width));
    out.push_back(arrows(count, width));
    for (std::size_t row = 0; row < boxes[0].size(); ++row) {
      std::string text;
      for (std::size_t at = 0; at < count; ++at) text += (at > 0 ? std::string(kGap, ' ') : "") + boxes[at][row];
      out.push_back(text);
    }
    out.push_back(arrows(count, width));
  }
}

// "[#######.....|  ]": planned, budget and reserve of one pool.
std::string gauge(const PlanPool& pool) {
  constexpr std::size_t kCells = 32;
  const auto cells = [&](std::uint64_t bytes) {
    const double share =
        pool.capacity_bytes > 0 ? static_cast<double>(bytes) / static_cast<double>(pool.capacity_bytes) : 0;
    return static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kCells + 0.5);
  };
  const std::size_t planned = cells(pool.planned_bytes), budget = std::max(planned, cells(pool.budget_bytes));
  return "[" + std::string(planned, '#') + std::string(budget - planned, '.') + std::string(kCells - budget, '-') + "]";
}

Lines pool_lines(const Plan& plan) {
  Lines lines;
  for (const auto& pool : plan.pools)
    lines.push_back(fmt::format("{:<6} {} {} of {}", ascii(pool.pool, 8), gauge(pool), format_bytes(pool.planned_bytes),
                                format_bytes(pool.budget_bytes)));
  return lines;
}

// Where a model lies in more than one place, in words.
ReportList placements(const Plan& plan) {
  ReportList list;
  for (const auto& choice : plan.choices) {
    if (choice.placement.kind == "one_device" || choice.placement.kind.empty()) continue;
    std::string text = fmt::format("{}: {}", one_line(choice.task), plain_words(choice.placement.kind));
    for (const auto& [pool, bytes] : choice.placement.bytes)
      text += fmt::format(", {} in {}", format_bytes(bytes), one_line(pool));
    if (choice.placement.kind == "layers_split")
      text +=
          fmt::format("; {} of {} layers on the device", choice.placement.layers_on_device, choice.placement.layers);
    if (choice.placement.streamed_bytes > 0)
      text += fmt::format("; {} read from the SSD for every token", format_bytes(choice.placement.streamed_bytes));
    list.items.push_back(text + ".");
  }
  return list;
}

}  // namespace

ReportBlocks stack_architecture_blocks(const Plan& plan) {
  if (plan.choices.empty()) return {ReportText{"Nothing to draw: no task is served."}};
  Lines lines =
      box({plan.offline ? "Programs on this machine; nothing leaves it" : "Programs on this machine"}, kWidth);
  lines.push_back(std::string(kWidth / 2, ' ') + "|  127.0.0.1");
  const auto server = box({"Hearth: routes, schedules, governs; one ledger of memory"}, kWidth);
  lines.insert(lines.end(), server.begin(), server.end());
  add_choices(plan, lines);
  const auto memory = box(pool_lines(plan), kWidth);
  lines.insert(lines.end(), memory.begin(), memory.end());
  ReportBlocks blocks{ReportCode{"Diagram of the stack", lines},
                      ReportText{"In the memory gauges, # is planned, . is free within the budget, - is reserved."}};
  if (const auto list = placements(plan); !list.items.empty()) blocks.emplace_back(list);
  return blocks;
}

}  // namespace hearth
