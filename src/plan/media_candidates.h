// Every way a model of images, sound or embeddings can be served on a machine that fits it.
#pragma once

#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

void add_media_candidates(TaskOptions& options, const PlanContext& context);

}  // namespace hearth
