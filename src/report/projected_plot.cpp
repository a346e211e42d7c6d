// Projected and measured: a row for each record of the ledger, all relative to their projection.
#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "base/display_text.h"
#include "report/figures.h"
#include "report/plots.h"
#include "report/svg.h"

namespace hearth {
namespace {

constexpr std::size_t kRowsShown = 24;
constexpr double kRowHeight = 38, kFoot = 24;

bool drawable(const ReportMeasurement& one) {
  return std::isfinite(one.measured) && std::isfinite(one.projected.high) && one.projected.value > 0 &&
         one.projected.low > 0;
}

// In the unit that the projection is shown in.
std::string measured_text(const ReportMeasurement& one) {
  return one.unit == "ms" && one.projected.value >= 1000 ? number_text(one.measured / 1000) + " s"
                                                         : number_text(one.measured);
}

// The largest distance from the projection, as a share of it; the scale is the same to both sides.
double reach(const std::vector<ReportMeasurement>& rows) {
  double farthest = 0.25;
  for (const auto& row : rows)
    for (const double value : {row.projected.low, row.projected.high, row.measured})
      farthest = std::max(farthest, std::abs(value / row.projected.value - 1));
  return std::min(farthest * 1.05, 2.0);
}

}  // namespace

std::string projected_plot(const ReportExtras& extras) {
  std::vector<ReportMeasurement> rows;
  std::copy_if(extras.measurements.begin(), extras.measurements.end(), std::back_inserter(rows), drawable);
  if (rows.empty()) return "";
  if (rows.size() > kRowsShown) rows.erase(rows.begin(), rows.end() - kRowsShown);
  const double half = reach(rows);
  const auto x = [&](double share) { return kSvgWidth * (0.5 + 0.48 * std::clamp((share - 1) / half, -1.0, 1.0)); };
  SvgFigure figure{"measured", "Measured against projected", "", "", 0};
  const double bottom = static_cast<double>(rows.size()) * kRowHeight;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const auto& row = rows[at];
    const double top = static_cast<double>(at) * kRowHeight;
    const bool inside = row.measured >= row.projected.low && row.measured <= row.projected.high;
    const std::string text = fmt::format("{}: {} measured, {} projected{}", one_line(row.name), measured_text(row),
                                         figure_text(row.projected, row.unit), inside ? "" : ", outside");
    const double low = x(row.projected.low / row.projected.value), high = x(row.projected.high / row.projected.value);
    figure.content +=
        svg_text({0, top + 13}, text) + svg_rect({low, top + 20}, {std::max(1.0, high - low), 10}, "interval", text);
    figure.content += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6\" class=\"point {}\"/>\n",
                                  x(row.measured / row.projected.value), top + 25, inside ? "inside" : "outside");
    figure.content += svg_line({x(1), top + 17}, {x(1), top + 33}, "limit");
    figure.description += text + ". ";
  }
  for (const double share : {1 - half, 1.0, 1 + half})
    figure.content += svg_text(
        {x(share), bottom + 16},
        share == 1.0 ? "as projected" : fmt::format("{}{:.0f} %", share < 1 ? "−" : "+", 100 * std::abs(share - 1)),
        share < 1   ? "start"
        : share > 1 ? "end"
                    : "middle",
        "tick");
  figure.height = bottom + kFoot;
  return svg_figure(figure);
}

}  // namespace hearth
