// POST /v1/messages/count_tokens: how many tokens a conversation has for this model.
#pragma once

#include <memory>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// Loads the model where need be; answers when that is done.
void count_message_tokens(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);

}  // namespace hearth::serve
