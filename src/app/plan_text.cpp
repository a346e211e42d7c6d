#include "app/plan_text.h"

#include "documents/plan_json.h"
#include "report/report.h"

namespace hearth {

std::string plan_document(const Plan& plan) { return write_plan(plan); }

std::string plan_text(const Plan& plan, const PlanTextStyle& style) {
  return style.whole ? report_terminal(plan, style.width, style.color) : report_summary(plan, style.width, style.color);
}

}  // namespace hearth
