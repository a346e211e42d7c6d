// LoRA adapters of resident models over HTTP: list, load, unload.
#pragma once

#include <vector>

#include "engine/text_service.h"
#include "serve/exchange.h"

namespace hearth::serve {

// GET /v1/hearth/adapters[?model=NAME], POST the same with {"model", "name", "path"},
// DELETE /v1/hearth/adapters/{name...}[?model=NAME]. "model" may be left out where the server has one model.
// The service must outlive the routes.
[[nodiscard]] std::vector<Route> hearth_adapter_routes(TextService& service);

}  // namespace hearth::serve
