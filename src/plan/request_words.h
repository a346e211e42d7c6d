// Reads a wish in plain words: "private legal assistant with voice on a 16 GB M2 Air, fully offline". By rules, so that
// the same words always mean the same, and everything read or assumed can be shown.
#pragma once

#include <string_view>

#include "domain/plan_request.h"
#include "hearth/result.h"
#include "plan/plan_inputs.h"

namespace hearth {

// Adds what `words` say to `base` (what flags said already stays). InvalidArgument where nothing in the words can be
// planned (no task, model or device is named), with an example of what can.
[[nodiscard]] Result<PlanUnderstanding> read_request_words(std::string_view words, const PlanRequest& base,
                                                           const PlanCatalog& catalog);

// Fills what is left open and writes each assumption down; InvalidArgument for wishes that contradict each other, that
// no machine can meet, or that name what is not there (with the nearest name).
[[nodiscard]] Status complete_request(PlanUnderstanding& understanding, const PlanCatalog& catalog);

}  // namespace hearth
