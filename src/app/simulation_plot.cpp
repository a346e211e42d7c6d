#include "app/simulation_plot.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "report/svg.h"

namespace hearth {
namespace {

constexpr double kWidth = 860, kLeft = 56, kRight = 16, kTop = 34, kPanel = 150, kGap = 46;

// The colours of Okabe and Ito, told apart with any colour vision; the ungoverned line is dashed besides.
constexpr const char* kStyle = R"css(<style>
.sim{--text:#1c2126;--soft:#565f68;--line:#d5dade;--ground:#fff;font:13px system-ui,"Segoe UI",Roboto,Arial,sans-serif}
@media (prefers-color-scheme:dark){.sim{--text:#e4e8eb;--soft:#a3adb6;--line:#343c44;--ground:#14181c}}
.sim .ground{fill:var(--ground)}.sim text{fill:var(--text)}.sim .tick{fill:var(--soft);font-size:11px}
.sim .name{font-weight:600}.sim .grid{stroke:var(--line)}.sim .limit{stroke:#d55e00;stroke-width:1.5;stroke-dasharray:2 3}
.sim polyline{fill:none;stroke-width:2;stroke-linejoin:round}.sim .governed{stroke:#0072b2}
.sim .ungoverned{stroke:#e69f00;stroke-dasharray:6 3}.sim .vision{stroke:#009e73}
</style>
)css";

using Value = std::function<std::optional<double>(const PlantMoment&)>;

struct Line {
  const PlantHour* hour;
  const char* css_class;
  Value value;
};

struct Panel {
  std::string name;
  std::vector<Line> lines;
  std::optional<double> limit;  // drawn across
  bool from_zero = true;
};

// A step between lines of a scale that people read: 1, 2 or 5 times a power of ten.
double tick_step(double span) {
  const double rough = std::max(span, 1e-9) / 4;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  for (const double times : {1.0, 2.0, 5.0})
    if (times * power >= rough) return times * power;
  return 10 * power;
}

struct Range {
  double low = 0, high = 1;
};

Range range_of(const Panel& panel) {
  std::optional<double> low = panel.from_zero ? std::optional(0.0) : std::nullopt;
  std::optional<double> high = panel.limit;
  for (const Line& line : panel.lines)
    for (const PlantMoment& moment : line.hour->moments)
      if (const auto value = line.value(moment)) {
        low = std::min(low.value_or(*value), *value);
        high = std::max(high.value_or(*value), *value);
      }
  if (!low || !high) return {};
  const double step = tick_step(*high - *low);
  return {std::floor(*low / step) * step, std::max(std::ceil(*high / step), std::floor(*low / step) + 1) * step};
}

std::string panel_svg(const Panel& panel, double top, double minutes) {
  const Range range = range_of(panel);
  const double bottom = top + kPanel;
  const auto x = [&](double at_s) { return kLeft + at_s / 60 / minutes * (kWidth - kLeft - kRight); };
  const auto y = [&](double value) { return bottom - (value - range.low) / (range.high - range.low) * kPanel; };
  std::string out = svg_text({kLeft, top - 8}, panel.name, "start", "name");
  const double step = tick_step(range.high - range.low);
  for (double value = range.low; value <= range.high + step / 100; value += step) {
    out += svg_line({kLeft, y(value)}, {kWidth - kRight, y(value)}, "grid");
    out += svg_text({kLeft - 6, y(value) + 4}, fmt::format("{:g}", std::round(value * 1000) / 1000), "end", "tick");
  }
  const double minute_step = tick_step(minutes * 2 / 3);
  for (double minute = 0; minute <= minutes + 0.01; minute += minute_step)
    out += svg_text({x(minute * 60), bottom + 16}, fmt::format("{:g} min", minute), "middle", "tick");
  if (panel.limit) out += svg_line({kLeft, y(*panel.limit)}, {kWidth - kRight, y(*panel.limit)}, "limit");
  for (const Line& line : panel.lines) {
    std::string points;
    for (const PlantMoment& moment : line.hour->moments)
      if (const auto value = line.value(moment)) points += fmt::format("{:.1f},{:.1f} ", x(moment.at_s), y(*value));
    out += fmt::format("<polyline class=\"{}\" points=\"{}\"/>\n", line.css_class, points);
  }
  return out;
}

// Both hours in one panel.
std::vector<Line> compared(const DeviceSimulation& simulation, Value value) {
  return {{&simulation.ungoverned, "ungoverned", value}, {&simulation.governed, "governed", value}};
}

std::vector<Panel> panels_of(const DeviceSimulation& simulation) {
  std::vector<Panel> panels;
  panels.push_back({"temperature, degC (dotted: where the machine slows itself down)",
                    compared(simulation, [](const PlantMoment& m) { return std::optional(m.temperature_c); }),
                    simulation.plant.throttling.at_c, false});
  panels.push_back({"rung, 0 is as planned (blue: chat, green: vision)",
                    {{&simulation.governed, "vision",
                      [](const auto& m) { return std::optional(static_cast<double>(m.vision_rung)); }},
                     {&simulation.governed, "governed",
                      [](const auto& m) { return std::optional(static_cast<double>(m.chat_rung)); }}},
                    std::nullopt,
                    true});
  // A minute's mean: answers begin and end, and a pause between two is no lack.
  panels.push_back({"tokens/s", compared(simulation, [](const PlantMoment& m) { return std::optional(m.tok_s); }),
                    std::nullopt, true});
  panels.push_back({"clock, share of the highest",
                    compared(simulation, [](const PlantMoment& m) { return std::optional(m.clock_share); }),
                    std::nullopt, true});
  if (simulation.plant.power.battery_wh)
    panels.push_back({"battery, %", compared(simulation, [](const PlantMoment& m) { return m.battery_percent; }),
                      std::nullopt, true});
  return panels;
}

// Means over twelve moments, a minute: single moments of a machine that answers a token in a fifth of a second jump.
void smooth(PlantHour& hour) {
  constexpr std::size_t kMoments = 12;
  const std::vector<PlantMoment> raw = hour.moments;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const std::size_t from = i + 1 >= kMoments ? i + 1 - kMoments : 0;
    double sum = 0;
    for (std::size_t j = from; j <= i; ++j) sum += raw[j].tok_s;
    hour.moments[i].tok_s = sum / static_cast<double>(i - from + 1);
  }
}

}  // namespace

std::string simulation_svg(const DeviceSimulation& simulation) {
  DeviceSimulation shown = simulation;
  smooth(shown.governed);
  smooth(shown.ungoverned);
  const auto panels = panels_of(shown);
  const double height = kTop + static_cast<double>(panels.size()) * (kPanel + kGap) + 8;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"sim\" viewBox=\"0 0 {0} {1:.0f}\" role=\"img\">\n"
      "<title>{2}, {3} for {4:g} minutes: governed against ungoverned</title>\n{5}"
      "<rect class=\"ground\" width=\"{0}\" height=\"{1:.0f}\"/>\n",
      kWidth, height, escape_html(simulation.plant.name), escape_html(simulation.order.workload),
      simulation.order.minutes, kStyle);
  double legend_x = kLeft;
  for (const char* name : {"governed", "ungoverned"}) {
    out += fmt::format("<polyline class=\"{0}\" points=\"{1},14 {2},14\"/>\n", name, legend_x, legend_x + 28);
    out += svg_text({legend_x + 34, 18}, name);
    legend_x += 130;
  }
  double top = kTop + 16;
  for (const Panel& panel : panels) {
    out += panel_svg(panel, top, simulation.order.minutes);
    top += kPanel + kGap;
  }
  return out + "</svg>\n";
}

}  // namespace hearth
