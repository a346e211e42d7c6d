// Points of a candidate: how good its answers are, how fast they come, and what speaks for or against it besides.
#pragma once

#include "plan/candidate.h"
#include "plan/plan_context.h"

namespace hearth {

// What people notice of a speed: `target` is enough, half of it costs points, double it earns few.
struct SpeedGoal {
  double target = 0;
  bool lower_is_better = false;
  bool promised = false;  // asked for as a service level: missing it costs more than any model is worth
};

// Fills candidate.points and candidate.score from its model, precision, context and speed.
void score_candidate(Candidate& candidate, const PlanContext& context, const TaskSpec& spec,
                     std::uint64_t wanted_context);

// Below this a task is not usable at all and only planned when the model was asked for by name: tokens/s of a chat, the
// real-time factor above which recognition falls behind.
inline constexpr double kLeastDecodeTokS = 3.0;
inline constexpr double kLargestRtf = 1.0;

}  // namespace hearth
