// POST /v1/rerank and /rerank, in the form that Jina, Cohere, vLLM and llama-server share.
#pragma once

#include <memory>
#include <vector>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

[[nodiscard]] std::vector<Route> rerank_routes(const std::shared_ptr<OpenAiServing>& serving);

}  // namespace hearth::serve
