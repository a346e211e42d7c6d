#include "app/ledger_html.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/ledger_text.h"
#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

constexpr double kWidth = 460;
constexpr double kHeight = 260;
constexpr double kMargin = 62;
constexpr std::size_t kPointsMax = 2000;  // of one plot: the newest

constexpr const char* kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Hearth: the ledger</title>
<meta name="viewport" content="width=device-width,initial-scale=1">
<style>
:root{color-scheme:light dark;--ink:#222;--dim:#777;--line:#ccc;--good:#0a6ebd;--off:#c8781e;--page:#fff}
@media (prefers-color-scheme:dark){:root{--ink:#ddd;--dim:#999;--line:#444;--good:#5ab0f0;--off:#f0a04b;--page:#181818}}
body{font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--page);max-width:62rem;margin:2rem auto;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right}
th:nth-child(-n+2),td:nth-child(-n+2){text-align:left}.plots{display:flex;flex-wrap:wrap;gap:1rem}
svg{width:460px;max-width:100%;height:auto}svg text{font-size:11px;fill:var(--dim)}
.axis{stroke:var(--line);fill:none}.ideal{stroke:var(--dim);stroke-dasharray:4 4}.point{fill:var(--good);fill-opacity:.7}
.disturbed{fill:none;stroke:var(--off)}.trend{stroke:var(--good);fill:none;stroke-width:2}
</style></head><body>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  return out;
}

// From a value to a place on an axis; logarithmic where all values allow it, because figures span decades.
class Scale {
 public:
  Scale(double low, double high, bool logarithmic, double from, double to)
      : logarithmic_(logarithmic), from_(from), to_(to) {
    low_ = mapped(low);
    high_ = mapped(high);
    if (high_ - low_ < 1e-9) {
      low_ -= 0.5;
      high_ += 0.5;
    }
  }
  [[nodiscard]] double at(double value) const {
    return from_ + (mapped(value) - low_) / (high_ - low_) * (to_ - from_);
  }

 private:
  [[nodiscard]] double mapped(double value) const { return logarithmic_ ? std::log10(value) : value; }
  bool logarithmic_;
  double low_ = 0, high_ = 1, from_, to_;
};

std::string frame(const std::string& title, const std::string& x_label, const std::string& y_label) {
  return fmt::format(
      R"(<svg viewBox="0 0 {0} {1}" role="img"><title>{2}</title><path class="axis" d="M{3} {4}V{5}H{6}"/>)"
      R"(<text x="{3}" y="{7}">{8}</text><text x="{6}" y="{9}" text-anchor="end">{10}</text>)",
      kWidth, kHeight, escaped(title), kMargin, kMargin / 2, kHeight - kMargin, kWidth - 8, kMargin / 2 - 8,
      escaped(y_label), kHeight - 6, escaped(x_label));
}

// The values at both ends of an axis.
std::string end_labels(const std::string& low, const std::string& high, bool vertical) {
  if (vertical)
    return fmt::format(
        R"(<text x="{0}" y="{1}" text-anchor="end">{2}</text><text x="{0}" y="{3}" text-anchor="end">{4}</text>)",
        kMargin - 4, kHeight - kMargin, escaped(low), kMargin / 2 + 8, escaped(high));
  return fmt::format(R"(<text x="{0}" y="{1}">{2}</text><text x="{3}" y="{1}" text-anchor="end">{4}</text>)", kMargin,
                     kHeight - kMargin + 14, escaped(low), kWidth - 8, escaped(high));
}

std::string projected_against_measured(const std::vector<const LedgerRecord*>& records, const LedgerComponent& c) {
  double low = 0;
  double high = 0;
  bool first = true;
  bool positive = true;
  for (const auto* r : records) {
    for (const double value : {*r->projected, r->measured}) {
      low = first ? value : std::min(low, value);
      high = first ? value : std::max(high, value);
      positive = positive && value > 0;
      first = false;
    }
  }
  const Scale x(low, high, positive, kMargin, kWidth - 8);
  const Scale y(low, high, positive, kHeight - kMargin, kMargin / 2);
  std::string svg = frame(c.metric + ", projected and measured", "projected", "measured") +
                    end_labels(figure_text(low, c.unit), figure_text(high, c.unit), true) +
                    end_labels(figure_text(low, c.unit), figure_text(high, c.unit), false) +
                    fmt::format(R"(<line class="ideal" x1="{:.1f}" y1="{:.1f}" x2="{:.1f}" y2="{:.1f}"/>)", x.at(low),
                                y.at(low), x.at(high), y.at(high));
  for (const auto* r : records)
    svg += fmt::format(
        R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3.5"><title>{}: {} projected, {} measured</title></circle>)",
        r->disturbed ? "disturbed" : "point", x.at(*r->projected), y.at(r->measured), escaped(r->model),
        figure_text(*r->projected, r->unit), figure_text(r->measured, r->unit));
  return svg + "</svg>";
}

std::string error_over_time(const std::vector<const LedgerRecord*>& records, const LedgerComponent& c) {
  double highest = 0.05;
  for (const auto* r : records) highest = std::max(highest, std::abs(*r->error()));
  highest = std::min(highest, 2.0);  // beyond, a point sits at the edge
  const Scale x(0, static_cast<double>(std::max<std::size_t>(records.size(), 2) - 1), false, kMargin + 4, kWidth - 12);
  const Scale y(0, highest, false, kHeight - kMargin, kMargin / 2);
  std::string svg = frame(c.metric + ", error over time", "record", "|error|") +
                    end_labels("0 %", percent_text(highest), true) +
                    end_labels(day_text(records.front()->time), day_text(records.back()->time), false);
  std::string line;
  std::size_t undisturbed = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const double error = std::min(std::abs(*records[i]->error()), highest);
    const double at_x = x.at(static_cast<double>(i));
    svg += fmt::format(R"(<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3"><title>{} {}</title></circle>)",
                       records[i]->disturbed ? "disturbed" : "point", at_x, y.at(error), day_text(records[i]->time),
                       percent_text(*records[i]->error()));
    if (records[i]->disturbed) continue;
    line += fmt::format("{}{:.1f} {:.1f}", undisturbed++ == 0 ? "M" : "L", at_x, y.at(error));
  }
  if (undisturbed > 1) svg += fmt::format(R"(<path class="trend" d="{}"/>)", line);
  return svg + "</svg>";
}

std::string table_row(const LedgerComponent& c) {
  const auto percent = [](const std::optional<double>& share) {
    return share ? percent_text(*share) : std::string("–");
  };
  return fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                     escaped(c.machine), escaped(c.metric), c.n, c.disturbed, percent(c.median_abs_error),
                     percent(c.median_error), to_string(c.trend));
}

}  // namespace

std::string ledger_html(std::span<const LedgerRecord> records) {
  std::string html = kHead;
  html += fmt::format(
      "<h1>What was promised and what was measured</h1><p>{} records. Filled points are undisturbed; rings "
      "were disturbed by other programs or throttling and are not learned from.</p>\n",
      records.size());
  const auto components = summarise_ledger(records);
  html +=
      "<table><tr><th>machine</th><th>figure</th><th>records</th><th>disturbed</th><th>median |error|</th>"
      "<th>median error</th><th>trend</th></tr>\n";
  for (const auto& component : components) html += table_row(component);
  html += "</table>\n";
  for (const auto& component : components) {
    std::vector<const LedgerRecord*> shown;
    for (const auto& record : records)
      if (record.machine == component.machine && record.kind == component.kind && record.metric == component.metric &&
          record.error())
        shown.push_back(&record);
    if (shown.empty()) continue;
    if (shown.size() > kPointsMax) shown.erase(shown.begin(), shown.end() - kPointsMax);
    html += fmt::format("<h2>{} on {}</h2><div class=\"plots\">{}{}</div>\n", escaped(component.metric),
                        escaped(component.machine), projected_against_measured(shown, component),
                        error_over_time(shown, component));
  }
  return html + "</body></html>\n";
}

}  // namespace hearth
