// Latency of an image, real-time factor of speech, latency of a text to embed.
#pragma once

#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

// Fills candidate.speed; leaves it empty where nothing is known to project from.
void project_media(Candidate& candidate, const TaskSpec& spec, const PlanContext& context);

// Seconds of sound that the latency of recognition is projected for where the model's record names no chunk.
inline constexpr double kUsualChunkS = 10.0;

}  // namespace hearth
