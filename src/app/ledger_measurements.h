// What the ledger knows of this machine, as the planner takes it.
#pragma once

#include <string>
#include <vector>

#include "hearth/result.h"
#include "metrics/ledger.h"
#include "plan/plan_inputs.h"

namespace hearth {

// One measurement for each model, precision, runtime, backend and metric of `machine`: `projected` is the fit's newest
// figure, `measured` that figure times the median of measured / fitted over all records, so that records made with
// another context or an older fit count too. Records whose fitted figure is not known are left out. `spread` is the
// larger of that between records and that inside them, and at least a tenth while there are fewer than three records.
// Disturbed records count only where there are no others, and then with a spread of at least a half: on a machine that
// is never alone they are all there is, and they outweigh a fit only where it knows little itself.
[[nodiscard]] Result<std::vector<PlanMeasurement>> plan_measurements(const Ledger& ledger, const std::string& machine);

}  // namespace hearth
