#include "app/plan_text.h"

#include "documents/plan_json.h"
#include "report/report.h"

namespace hearth {

std::string plan_document(const Plan& plan) { return write_plan(plan); }

std::string plan_text(const Plan& plan, int width, bool color) { return report_terminal(plan, width, color); }

}  // namespace hearth
