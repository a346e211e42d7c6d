// Tells clients on which rung of its ladder a model answered them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "domain/telemetry.h"
#include "serve/exchange.h"

namespace hearth::serve {

// Of routes that models answer: "x-hearth-rung" is the rung of the route's modality as it was when the request came,
// since what a request began on it ends on. `rung` is called on the server's threads and must outlive the routes.
[[nodiscard]] std::vector<Route> with_rung_header(std::vector<Route> routes, std::function<std::string(Modality)> rung);

}  // namespace hearth::serve
