// plan.json: a plan as the document that `hearth up` runs and `hearth verify` measures. Schema: plan.schema.json.
#pragma once

#include <string>
#include <string_view>

#include "domain/plan.h"
#include "hearth/result.h"

namespace hearth {

// One JSON document, indented by two blanks, ending in a line break. Configuration files are named, not contained.
[[nodiscard]] std::string write_plan(const Plan& plan);

// InvalidData, with the field, for text that is no JSON or no plan; Unsupported for one of a newer schema. What
// write_plan() wrote is read back as it was, but for the texts of configuration files.
[[nodiscard]] Result<Plan> read_plan(std::string_view json);

}  // namespace hearth
