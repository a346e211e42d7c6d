// What of a plan is run: the text models of a server, and the model of a command that was given none.
#pragma once

#include <string>
#include <vector>

#include "app/served_models.h"
#include "domain/plan.h"
#include "hearth/result.h"
#include "vision/vision_model.h"

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

struct PlannedPictureModel {
  std::string model;      // as the plan calls it
  std::string reference;  // its file, or its name in the store
  std::string runtime;
  std::uint32_t n_threads = 0;  // 0: the plan leaves it open
};

// The choice that the plan made for this task, else the one for "vision". NotFound: it made none, or no file of it is
// here.
[[nodiscard]] Result<PlannedPictureModel> planned_picture_model(const Plan& plan, VisionTask task,
                                                                const ModelStore& store);

}  // namespace hearth
