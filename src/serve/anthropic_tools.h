// "tools" and "tool_choice" of Anthropic's Messages API.
#pragma once

#include "engine/text_request.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// Sets the request's tools, tool choice and parallel calls; the prompt must be a PromptRequest. Faults go to the notes:
// hosted tools (a "type" other than "custom") are refused by name.
void read_anthropic_tools(ObjectReader& body, TextRequest& request);

}  // namespace hearth::serve
