#include "report/document.h"

#include <fmt/format.h>
#include <algorithm>

#include "base/display_text.h"
#include "base/units.h"
#include "report/figures.h"

namespace hearth {
namespace {

std::string device_name(const Plan& plan) {
  const std::string name = one_line(plan.device.name);
  return name.empty() ? "this machine" : name;
}

std::string summary(const Plan& plan) {
  std::uint64_t planned = 0;
  for (const auto& pool : plan.pools) planned += pool.planned_bytes;
  return fmt::format("{} {} served on {}. Memory: {} of a budget of {}. {}", plan.choices.size(),
                     plan.choices.size() == 1 ? "task is" : "tasks are", device_name(plan), format_bytes(planned),
                     format_bytes(plan.budget_bytes()), plan.offline ? "Offline: nothing leaves this machine." : "");
}

}  // namespace

ReportDocument report_document(const Plan& plan) {
  ReportDocument document;
  document.title = "Deployment plan for " + device_name(plan);
  if (!plan.approved()) document.opening = ways_out_blocks(plan);
  if (!plan.choices.empty()) document.opening.emplace_back(ReportText{one_line(summary(plan))});
  document.sections = {{"Understood and assumed", understanding_blocks(plan)},
                       {"1 Hardware Audit", hardware_audit_blocks(plan)},
                       {"2 Model Recommendation", model_recommendation_blocks(plan)},
                       {"3 Stack Architecture", stack_architecture_blocks(plan)},
                       {"4 Deployment Config", deployment_config_blocks(plan)},
                       {"5 Performance Projection", performance_projection_blocks(plan)},
                       {"6 Risk Register", risk_register_blocks(plan)},
                       {"7 Verification Steps", verification_blocks(plan)}};
  return document;
}

ReportTable without_empty_columns(ReportTable table) {
  for (std::size_t column = table.header.size(); column-- > 1;) {
    const bool empty =
        std::all_of(table.rows.begin(), table.rows.end(), [&](const auto& row) { return row[column].empty(); });
    if (!empty) continue;
    const auto at = static_cast<std::ptrdiff_t>(column);
    table.header.erase(table.header.begin() + at);
    for (auto& row : table.rows) row.erase(row.begin() + at);
  }
  return table;
}

}  // namespace hearth
