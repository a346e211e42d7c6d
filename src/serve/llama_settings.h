// How llama-server writes the settings of a request: "generation_settings" of an answer, "params" of /props.
#pragma once

#include "engine/text_request.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// The members that have a meaning here, by llama-server's names; max_tokens of -1 is no bound.
[[nodiscard]] Json llama_settings(const TextRequest& request, bool stream);

}  // namespace hearth::serve
