// GET /v1/models and /v1/models/{id}.
#pragma once

#include <memory>
#include <vector>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

[[nodiscard]] std::vector<Route> models_routes(std::shared_ptr<OpenAiServing> serving);

}  // namespace hearth::serve
