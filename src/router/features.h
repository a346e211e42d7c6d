// Stage 1: what a request shows by its structure, and the routes that need no more than that.
#pragma once

#include "domain/route.h"

namespace hearth {

// Pure; thread-safe; allocates nothing. Looks at a bounded part of a long text.
[[nodiscard]] RouteFeatures read_features(const RouteRequest& request);

// A decoded attachment with a text that is empty or refers to it, audio wanted, short prompt with short answer, airgap.
// A flag without a decoded attachment never exits. Pure; thread-safe; allocates nothing.
[[nodiscard]] EarlyExit early_exit(const RouteRequest& request, const RouteFeatures& features,
                                   const MachineState& machine);

}  // namespace hearth
