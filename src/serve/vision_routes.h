// POST /v1/vision/detect, /v1/vision/classify, /v1/vision/segment.
#pragma once

#include <vector>

#include "pipeline/vision_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

// The service outlives the routes and their requests.
[[nodiscard]] std::vector<Route> vision_routes(VisionService& service);

}  // namespace hearth::serve
