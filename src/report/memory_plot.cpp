// Memory by component, one bar for each pool.
#include <fmt/format.h>
#include <algorithm>
#include <map>

#include "base/display_text.h"
#include "base/units.h"
#include "report/figures.h"
#include "report/plots.h"
#include "report/svg.h"

namespace hearth {
namespace {

constexpr double kRowHeight = 58, kBarHeight = 22, kLegendHeight = 20;

// In the order of the stack; colours follow in the style.
const std::vector<std::string>& components() {
  static const std::vector<std::string> kOrder{memory_component::kWeights,        memory_component::kKvCache,
                                               memory_component::kRecurrentState, memory_component::kCompute,
                                               memory_component::kProjector,      memory_component::kRuntime,
                                               memory_component::kOutput,         memory_component::kAdapter};
  return kOrder;
}

std::size_t colour_of(const std::string& component) {
  const auto& order = components();
  return static_cast<std::size_t>(std::find(order.begin(), order.end(), component) - order.begin());
}

using Stack = std::map<std::size_t, std::pair<std::string, std::uint64_t>>;  // by place in the stack

Stack stack_of(const Plan& plan, const std::string& pool) {
  Stack stack;
  for (const auto& choice : plan.choices)
    for (const auto& item : choice.memory.items)
      if (item.bytes > 0 && pool_of(plan, item.device) == pool) {
        auto& [name, bytes] = stack[colour_of(item.component)];
        name = plain_words(item.component);
        bytes += item.bytes;
      }
  return stack;
}

std::string bar(const PlanPool& pool, const Stack& stack, double top) {
  std::uint64_t planned = 0;
  for (const auto& [place, part] : stack) planned += part.second;
  const double whole =
      static_cast<double>(std::max({pool.capacity_bytes, planned, pool.budget_bytes, std::uint64_t{1}}));
  const auto length = [&](std::uint64_t bytes) { return kSvgWidth * static_cast<double>(bytes) / whole; };
  std::string out = svg_text({0, top + 13}, fmt::format("{}: {} of a budget of {}", one_line(pool.pool),
                                                        format_bytes(planned), format_bytes(pool.budget_bytes)));
  const double bar_top = top + 20;
  out += svg_rect({0, bar_top}, {kSvgWidth, kBarHeight}, "reserved",
                  fmt::format("Capacity {}", format_bytes(pool.capacity_bytes)));
  out += svg_rect({0, bar_top}, {length(pool.budget_bytes), kBarHeight}, "free",
                  fmt::format("Budget {}", format_bytes(pool.budget_bytes)));
  double at = 0;
  for (const auto& [place, part] : stack) {
    out += svg_rect({at, bar_top}, {length(part.second), kBarHeight}, fmt::format("part c{}", place),
                    fmt::format("{}: {}", part.first, format_bytes(part.second)));
    at += length(part.second);
  }
  const double limit = std::min(kSvgWidth - 1, length(pool.budget_bytes));
  return out + svg_line({limit, bar_top - 4}, {limit, bar_top + kBarHeight + 4}, "limit");
}

}  // namespace

std::string memory_plot(const Plan& plan) {
  if (plan.choices.empty() || plan.pools.empty()) return "";
  SvgFigure figure{"memory", "Memory by component against the budget", "", "", 0};
  Stack all;
  double top = 0;
  for (const auto& pool : plan.pools) {
    const Stack stack = stack_of(plan, pool.pool);
    figure.content += bar(pool, stack, top);
    for (const auto& [place, part] : stack) {
      all[place].first = part.first;
      all[place].second += part.second;
      figure.description += fmt::format("{}: {} {}. ", one_line(pool.pool), part.first, format_bytes(part.second));
    }
    top += kRowHeight;
  }
  std::size_t entry = 0;
  const auto legend = [&](const std::string& css_class, const std::string& text) {
    const SvgPoint at{entry % 2 == 0 ? 0.0 : kSvgWidth / 2, top + static_cast<double>(entry / 2) * kLegendHeight};
    figure.content += svg_rect({at.x, at.y + 4}, {12, 12}, css_class) + svg_text({at.x + 18, at.y + 15}, text);
    ++entry;
  };
  for (const auto& [place, part] : all)
    legend(fmt::format("part c{}", place), fmt::format("{} {}", part.first, format_bytes(part.second)));
  legend("free", "free within the budget");
  legend("reserved", "reserved for the system");
  figure.height = top + static_cast<double>((entry + 1) / 2) * kLegendHeight + 4;
  return svg_figure(figure);
}

}  // namespace hearth
