// The endpoints of Anthropic's API that the server has.
#pragma once

#include <vector>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// `serving` must outlive the routes.
[[nodiscard]] std::vector<Route> anthropic_routes(OpenAiServing& serving);

}  // namespace hearth::serve
