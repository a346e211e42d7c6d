// The closed formulas of a plan, asked for one model on this machine.
#pragma once

#include <cstdint>
#include <string>

#include "app/model_fit.h"
#include "catalog/catalog.h"
#include "domain/catalog_model.h"
#include "hearth/result.h"

namespace hearth {

// What a plan would count for the processor of this machine. kNotFound where the precision or the type of the cache is
// none of the catalogue's, kUnsupported where the model has no file of the precision or the runtime refuses it.
[[nodiscard]] Result<MemoryBreakdown> formula_memory(const Catalog& catalog, const CatalogModel& model,
                                                     const FitRequest& request);

// `request` with what it leaves open: precision, runtime, context.
[[nodiscard]] Result<FitRequest> settled_for(const Catalog& catalog, const CatalogModel& model, FitRequest request);

}  // namespace hearth
