// When a runtime is changed: above 50 % gain; below 30 % the usual one is kept; in between both are shown.
#pragma once

#include "plan/candidate.h"

namespace hearth {

inline constexpr double kChangeRuntimeGain = 1.5;
inline constexpr double kShowRuntimeGain = 1.3;

// Removes the options by which a model would run on another runtime than its usual one on this machine (the preset's,
// else the first in an order of preference; what is installed can be changed and decides nothing) without gaining
// enough, and notes in options.gains those that are in between.
void apply_runtime_rule(TaskOptions& options);

}  // namespace hearth
