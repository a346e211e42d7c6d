// A conversation in the items of the Responses API, read into turns.
#pragma once

#include <vector>

#include "domain/chat.h"
#include "serve/json_reader.h"

namespace hearth::serve {

// `input`: a text, or a list of messages, function calls, their outputs and reasoning. What an assistant said, thought
// and called in a row is one turn. They are added to `messages`.
void read_input_items(ObjectReader& body, std::vector<ChatMessage>& messages);

}  // namespace hearth::serve
