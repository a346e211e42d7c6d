// A plan as commands print it.
#pragma once

#include <string>

#include "domain/plan.h"

namespace hearth {

[[nodiscard]] std::string plan_document(const Plan& plan);
struct PlanTextStyle {
  int width = 80;
  bool color = false;
  bool whole = false;  // the report of seven sections, not one screen of it
};
[[nodiscard]] std::string plan_text(const Plan& plan, const PlanTextStyle& style);

}  // namespace hearth
