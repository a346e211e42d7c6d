// llama-server's /props and /slots, read only.
#pragma once

#include <memory>
#include <string>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// GET /props[?model=NAME]: what is known of the model without loading it, its begin and end tokens where it is loaded.
void answer_props(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);

// GET /slots[?model=NAME][&fail_on_no_slot=1]: the slots of resident models; 503 where none is idle and that was asked.
void answer_slots(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);

}  // namespace hearth::serve
