// A plan as people read it: the same seven sections as Markdown, as one HTML file with plots, and for a terminal.
#pragma once

#include <string>
#include <vector>

#include "domain/interval.h"
#include "domain/plan.h"

namespace hearth {

// One figure that was projected and then measured, from the ledger.
struct ReportMeasurement {
  std::string name;  // "chat decode"
  Interval projected;
  double measured = 0;
  std::string unit;
};

struct ReportExtras {
  std::vector<ReportMeasurement> measurements;  // oldest first; the plot shows the last 24
};

// All three are pure and take any text in names, records and requests: it is escaped for its format and can neither
// open markup nor move a terminal's cursor. A plan with tasks that nothing serves says so first, with its ways out.

// GitHub-flavoured Markdown, without plots.
[[nodiscard]] std::string report_markdown(const Plan& plan);

// One file that loads nothing: style and plots are inside, no scripts; light, dark and print.
[[nodiscard]] std::string report_html(const Plan& plan, const ReportExtras& extras);

// At most `width` columns (at least 40); tables that don't fit become lists. `color`: ANSI bold and colours.
[[nodiscard]] std::string report_terminal(const Plan& plan, int width, bool color);

// The same on one screen.
[[nodiscard]] std::string report_summary(const Plan& plan, int width, bool color);

}  // namespace hearth
