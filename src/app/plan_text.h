// A plan as commands print it.
#pragma once

#include <string>

#include "domain/plan.h"

namespace hearth {

[[nodiscard]] std::string plan_document(const Plan& plan);
// At most `width` columns.
[[nodiscard]] std::string plan_text(const Plan& plan, int width, bool color);

}  // namespace hearth
