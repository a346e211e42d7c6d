// Fits a file that no runtime here has to open: weights from its own table, the rest by the closed formulas.
#pragma once

#include "app/model_fit.h"
#include "app/model_place.h"
#include "catalog/catalog.h"
#include "hearth/result.h"

namespace hearth {

// Everything of the report but the budgets. The runtime is request.runtime, else the usual one of this operating system
// that reads the format. Of safetensors a config.json beside them gives the dimensions; `notes` say what could not be
// counted. Unsupported where the runtime doesn't read the format, NotFound with the nearest name for an unknown one;
// else as read_stored_weights().
[[nodiscard]] Result<FitReport> fit_weights(const Catalog& catalog, ModelPlace& place, const FitRequest& request);

}  // namespace hearth
