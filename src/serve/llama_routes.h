// The endpoints of llama-server's own API that the server has, so that its clients can move over.
#pragma once

#include <vector>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// /completion, /completions, /tokenize, /detokenize, /apply-template, /props, /slots. `serving` must outlive the
// routes.
[[nodiscard]] std::vector<Route> llama_routes(OpenAiServing& serving);

}  // namespace hearth::serve
