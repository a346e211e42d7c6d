// POST /completion: llama-server's own way to have a text continued.
#pragma once

#include <memory>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// Answers the exchange, at once or when the answer is there. Prompts of tokens, several prompts and texts in logit_bias
// need the model's tokenizer and load it first.
void answer_llama_completion(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);

}  // namespace hearth::serve
