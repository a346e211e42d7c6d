// The roofline: operations a second over operations for each byte, both logarithmic.
// Source: S. Williams, A. Waterman, D. Patterson, "Roofline", CACM 52(4), 2009.
#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "base/display_text.h"
#include "report/figures.h"
#include "report/plots.h"
#include "report/svg.h"

namespace hearth {
namespace {

constexpr double kLeft = 58, kTop = 8, kPlotWidth = kSvgWidth - kLeft - 24, kPlotHeight = 240, kLegendHeight = 20;

struct Roof {
  std::string device, name;
  double bandwidth_GBps = 0, peak_GFLOPS = 0;
  std::string peak_kind;
};

struct Point {
  std::string label;
  double intensity = 0;  // operations for each byte read
  Interval GFLOPS;
  bool prefill = false;
};

struct Axis {
  double low = 0, high = 1, start = 0, length = 1;  // exponents of ten, and the place on the paper
  [[nodiscard]] double at(double value) const {
    return start + length * (std::clamp(std::log10(value), low, high) - low) / (high - low);
  }
};

void offer(Roof& roof, const char* kind, const std::optional<double>& rate) {
  if (!rate || *rate * 1000 <= roof.peak_GFLOPS) return;
  roof.peak_GFLOPS = *rate * 1000;
  roof.peak_kind = kind;
}

std::optional<double> value_of(const Known<double>& fact) { return fact ? std::optional(fact->value) : std::nullopt; }

std::optional<Roof> roof_of(const Plan& plan, const std::string& device) {
  Roof roof{device, one_line(device), 0, 0, ""};
  const auto& memory = plan.device.memory;
  const auto machine_bandwidth =
      memory.read_bandwidth_GBps ? value_of(memory.read_bandwidth_GBps) : value_of(memory.bus_bandwidth_GBps);
  const auto& accelerators = plan.device.accelerators;
  const auto found =
      std::find_if(accelerators.begin(), accelerators.end(), [&](const auto& one) { return one.id == device; });
  if (found != accelerators.end()) {
    roof.bandwidth_GBps = (found->bandwidth_GBps ? value_of(found->bandwidth_GBps)
                           : found->unified      ? machine_bandwidth
                                                 : std::nullopt)
                              .value_or(0);
    offer(roof, "FP16", found->compute.fp16_tflops);
    offer(roof, "BF16", found->compute.bf16_tflops);
    if (roof.peak_GFLOPS == 0) offer(roof, "FP32", found->compute.fp32_tflops);
    if (roof.peak_GFLOPS == 0) offer(roof, "INT8", found->compute.int8_tops);
  } else {
    roof.bandwidth_GBps = machine_bandwidth.value_or(0);
    offer(roof, "FP32", value_of(plan.device.cpu.f32_tflops));
    offer(roof, "BF16", value_of(plan.device.cpu.bf16_tflops));
    offer(roof, "INT8", value_of(plan.device.cpu.int8_tops));
  }
  return roof.bandwidth_GBps > 0 && roof.peak_GFLOPS > 0 ? std::optional(roof) : std::nullopt;
}

// 2 operations for each active parameter and token; a step reads the active weights once, and half of each full cache.
void add_points(const PlanChoice& choice, std::vector<Point>& points) {
  const double active = choice.active_B > 0 ? choice.active_B : choice.parameters_B;
  const auto weights = static_cast<double>(choice.memory.component_bytes(memory_component::kWeights));
  if (active <= 0 || weights <= 0 || choice.parameters_B <= 0) return;
  const double read = weights * std::min(1.0, active / choice.parameters_B);
  const double cache = static_cast<double>(choice.memory.component_bytes(memory_component::kKvCache)) / 2;
  const double operations = 2 * active * 1e9;
  const auto add = [&](const char* what, double tokens, const Interval& tok_s, double bytes) {
    const double scale = operations / 1e9;
    points.push_back({fmt::format("{} {}, {}", one_line(choice.task), what, one_line(choice.device)),
                      operations * tokens / bytes,
                      {tok_s.value * scale, tok_s.low * scale, tok_s.high * scale},
                      std::string_view(what) == "prefill"});
  };
  const auto& projection = choice.projection;
  const double users = std::max(1U, choice.users);
  if (projection.total_decode_tok_s)
    add("decode", users, *projection.total_decode_tok_s, read + cache);
  else if (projection.decode_tok_s)
    add("decode", 1, *projection.decode_tok_s, read + cache / users);
  const int batch = choice.settings.prompt_microbatch.value_or(choice.settings.prompt_batch.value_or(512));
  if (projection.prefill_tok_s && batch > 0) add("prefill", batch, *projection.prefill_tok_s, read);
}

// Of a power of ten: "100", "0.1".
std::string tick_text(double value) { return fmt::format("{:g}", value); }

std::string rate_text(double GFLOPS) {
  return GFLOPS >= 1000 ? number_text(GFLOPS / 1000) + " TOP/s" : number_text(GFLOPS) + " GOP/s";
}

std::string grid(const Axis& x, const Axis& y) {
  std::string out;
  const double bottom = kTop + kPlotHeight;
  for (double power = std::ceil(x.low); power <= x.high + 1e-9; ++power) {
    const double value = std::pow(10, power);
    out += svg_line({x.at(value), kTop}, {x.at(value), bottom}, "grid") +
           svg_text({x.at(value), bottom + 16}, tick_text(value), "middle", "tick");
  }
  for (double power = std::ceil(y.low); power <= y.high + 1e-9; ++power) {
    const double value = std::pow(10, power);
    out += svg_line({kLeft, y.at(value)}, {kLeft + kPlotWidth, y.at(value)}, "grid") +
           svg_text({kLeft - 6, y.at(value) + 4},
                    value >= 1000 ? tick_text(value / 1000) + "T" : tick_text(value) + "G", "end", "tick");
  }
  out += svg_text({kLeft + kPlotWidth / 2, bottom + 34}, "operations for each byte read", "middle", "tick");
  return out + svg_text({kLeft + 4, kTop + 13}, "operations a second", "start", "tick");
}

std::string roof_line(const Roof& roof, std::size_t number, const Axis& x, const Axis& y) {
  const double ridge = roof.peak_GFLOPS / roof.bandwidth_GBps;
  const double first = std::max(std::pow(10, x.low), std::pow(10, y.low) / roof.bandwidth_GBps),
               last = std::pow(10, x.high);
  return fmt::format(
      "<polyline points=\"{:.1f},{:.1f} {:.1f},{:.1f} {:.1f},{:.1f}\" class=\"roof "
      "r{}\"><title>{}</title></polyline>\n",
      x.at(first), y.at(first * roof.bandwidth_GBps), x.at(ridge), y.at(roof.peak_GFLOPS), x.at(last),
      y.at(roof.peak_GFLOPS), number % 3, escape_html(roof.name));
}

std::string disc(const Point& point, std::size_t number, SvgPoint at) {
  return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"8\" class=\"point {}\"><title>{}</title></circle>\n",
                     at.x, at.y, point.prefill ? "prefill" : "decode", escape_html(point.label)) +
         svg_text({at.x, at.y + 4}, std::to_string(number), "middle", "number");
}

// Error bars first, then the discs; a disc whose place is taken moves aside and is joined to its place by a line.
std::string marks(const std::vector<Point>& points, const Axis& x, const Axis& y) {
  constexpr double kDisc = 18;
  std::vector<SvgPoint> taken;
  std::string bars, discs;
  for (const auto& point : points) {
    const SvgPoint place{x.at(point.intensity), y.at(point.GFLOPS.value)};
    if (point.GFLOPS.low > 0)
      bars += svg_line({place.x, y.at(point.GFLOPS.low)}, {place.x, y.at(point.GFLOPS.high)}, "whisker");
    SvgPoint at = place;
    const auto collides = [&](const SvgPoint& other) {
      return std::abs(other.x - at.x) < kDisc && std::abs(other.y - at.y) < kDisc;
    };
    while (std::any_of(taken.begin(), taken.end(), collides)) at.x += kDisc;
    if (at.x > place.x) bars += svg_line(place, at, "whisker");
    taken.push_back(at);
    discs += disc(point, taken.size(), at);
  }
  return bars + discs;
}

// Whole powers of ten around what is drawn.
std::pair<Axis, Axis> axes(const std::vector<Roof>& roofs, const std::vector<Point>& points) {
  double x_low = 1e9, x_high = 0, y_low = 1e18, y_high = 0;
  for (const auto& point : points) {
    x_low = std::min(x_low, point.intensity);
    x_high = std::max(x_high, point.intensity);
    y_low = std::min(y_low, point.GFLOPS.low > 0 ? point.GFLOPS.low : point.GFLOPS.value);
    y_high = std::max(y_high, point.GFLOPS.high);
  }
  for (const auto& roof : roofs) {
    x_high = std::max(x_high, 2 * roof.peak_GFLOPS / roof.bandwidth_GBps);
    y_high = std::max(y_high, roof.peak_GFLOPS);
  }
  const auto low = [](double value) { return std::floor(std::log10(value * 0.7)); };
  const auto high = [](double value) { return std::ceil(std::log10(value * 1.2)); };
  return {{low(x_low), high(x_high), kLeft, kPlotWidth}, {low(y_low), high(y_high), kTop + kPlotHeight, -kPlotHeight}};
}

}  // namespace

std::string roofline_plot(const Plan& plan) {
  std::vector<Roof> roofs;
  std::vector<Point> points;
  for (const auto& choice : plan.choices) {
    const auto roof = roof_of(plan, choice.device);
    if (!roof) continue;
    const std::size_t before = points.size();
    add_points(choice, points);
    const bool known =
        std::any_of(roofs.begin(), roofs.end(), [&](const auto& one) { return one.device == choice.device; });
    if (points.size() > before && !known) roofs.push_back(*roof);
  }
  points.erase(std::remove_if(points.begin(), points.end(),
                              [](const auto& point) { return !(point.intensity > 0 && point.GFLOPS.value > 0); }),
               points.end());
  if (roofs.empty() || points.empty()) return "";
  const auto [x, y] = axes(roofs, points);
  SvgFigure figure{"roofline", "Roofline and the chosen points", "", grid(x, y), 0};
  double top = kTop + kPlotHeight + 44;
  for (std::size_t at = 0; at < roofs.size(); ++at) {
    figure.content += roof_line(roofs[at], at, x, y);
    const std::string text = fmt::format("{}: {} GB/s, {} in {}", roofs[at].name, number_text(roofs[at].bandwidth_GBps),
                                         rate_text(roofs[at].peak_GFLOPS), roofs[at].peak_kind);
    figure.content += svg_line({0, top + 10}, {20, top + 10},
                               at % 3 == 0   ? "roof r0"
                               : at % 3 == 1 ? "roof r1"
                                             : "roof r2") +
                      svg_text({28, top + 14}, text);
    figure.description += text + ". ";
    top += kLegendHeight;
  }
  figure.content += marks(points, x, y);
  for (std::size_t at = 0; at < points.size(); ++at) {
    const std::string text = fmt::format("{} {}: {} at {} for each byte", at + 1, points[at].label,
                                         rate_text(points[at].GFLOPS.value), number_text(points[at].intensity));
    figure.content += svg_text({0, top + 14}, text);
    figure.description += text + ". ";
    top += kLegendHeight;
  }
  figure.height = top + 4;
  return svg_figure(figure);
}

}  // namespace hearth
