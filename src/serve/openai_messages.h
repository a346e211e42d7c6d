// Conversations and tools in the forms of Chat Completions.
#pragma once

#include <string>
#include <vector>

#include "serve/json_reader.h"
#include "serve/openai_request.h"

namespace hearth::serve {

// `messages`. The role "developer" is "system" to a template; a tool's turn gets the name of the call it answers. Media
// are refused: nothing here shows them to a model yet.
void read_messages(ObjectReader& body, std::vector<ChatMessage>& messages);

// Content as a text or as a list of parts of text, whose types are `text_types` ("text", "input_text" ...).
void read_content(ObjectReader& from, std::string_view name, std::initializer_list<std::string_view> text_types,
                  ChatMessage& message);

// `tools`, `tool_choice`, `parallel_tool_calls`. With `nested`, as Chat Completions has it, a function lies under
// "function"; without, as Responses has it, beside its type.
void read_tools(ObjectReader& body, bool nested, TextRequest& request, AnswerWishes& wishes);

// `reasoning_effort`, `chat_template_kwargs`: what more the template is told.
void read_template_variables(ObjectReader& body, std::string_view effort, PromptRequest& prompt);

}  // namespace hearth::serve
