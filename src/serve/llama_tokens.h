// llama-server's /tokenize, /detokenize and /apply-template.
#pragma once

#include <memory>

#include "serve/exchange.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// All three load the model where need be and answer when that is done. "model" may be left out where there is but one.

// {"content", "add_special", "parse_special", "with_pieces"} gives {"tokens"}: ids, or with pieces {"id", "piece"}, a
// piece that is no UTF-8 as its bytes.
void answer_tokenize(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);
// {"tokens"} gives {"content"}, control tokens written out.
void answer_detokenize(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);
// {"messages", "tools", ...} as chat completions take them gives {"prompt"}.
void answer_apply_template(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange);

}  // namespace hearth::serve
