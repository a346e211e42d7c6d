// What of a plan a text server runs.
#pragma once

#include <string>
#include <vector>

#include "app/served_models.h"
#include "domain/plan.h"
#include "hearth/result.h"

namespace hearth {

// Whether a text session answers this task as it is; others need a modality of their own.
[[nodiscard]] bool generates_text(const PlanChoice& choice);

struct PlannedModels {
  std::vector<ServedModelSettings> models;
  std::vector<std::string> notices;  // choices that are not served, and why
};

// The text models that the plan chose and whose files and runtimes are here, under their models' names with the task as
// an alias. NotFound: a file that the plan names is gone. Unavailable: nothing of the plan can be served here.
[[nodiscard]] Result<PlannedModels> planned_models(const Plan& plan, const ModelStore& store,
                                                   RuntimeRegistry& registry);

}  // namespace hearth
