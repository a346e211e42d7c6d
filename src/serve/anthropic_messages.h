// POST /v1/messages: Anthropic's Messages API.
#pragma once

#include <memory>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// Answers the exchange, at once or when the answer is there.
void answer_message(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);

}  // namespace hearth::serve
