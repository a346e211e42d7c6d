// POST /v1/embeddings.
#pragma once

#include <memory>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

[[nodiscard]] Route embeddings_route(std::shared_ptr<OpenAiServing> serving);

}  // namespace hearth::serve
