// GET /metrics: the registry's metrics and what the engine holds now, in the Prometheus text format.
#pragma once

#include <functional>
#include <vector>

#include "engine/text_service.h"
#include "metrics/registry.h"
#include "serve/exchange.h"

namespace hearth::serve {

// Sets the engine's gauges in the registry at each request. Both must outlive the routes.
//   hearth_requests_waiting{model}, hearth_requests_running{model}
//   hearth_context_cells{model}, hearth_context_cells_used{model}
//   hearth_model_bytes{model,component}, hearth_model_resident{model}, hearth_rung{model,rung}
//   hearth_pool_bytes{pool,part}: part is capacity, reserved, committed or peak
//   hearth_model_loads, hearth_draining
// `before` is called before each export, for counters that are brought up to date then; may be null.
[[nodiscard]] std::vector<Route> metrics_routes(MetricsRegistry& registry, const TextService& service,
                                                std::function<void()> before = {});

}  // namespace hearth::serve
