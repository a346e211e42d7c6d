// The drawings of the HTML report, each empty where the plan has nothing to draw.
#pragma once

#include <string>

#include "domain/plan.h"
#include "report/report.h"

namespace hearth {

// Memory by component, stacked, for each pool against its budget and its capacity.
[[nodiscard]] std::string memory_plot(const Plan& plan);

// Roofs of the devices in use (memory bandwidth, compute) and the points that the choices reach below them.
[[nodiscard]] std::string roofline_plot(const Plan& plan);

// Projected intervals and what was measured, each relative to its projection.
[[nodiscard]] std::string projected_plot(const ReportExtras& extras);

}  // namespace hearth
