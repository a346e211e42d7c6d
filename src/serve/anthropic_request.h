// A body of Anthropic's Messages API as a request to the engine.
#pragma once

#include <string>

#include "serve/openai_request.h"

namespace hearth::serve {

struct AnthropicRequest {
  TextRequest text;  // its prompt is a PromptRequest; a last turn of the assistant is the beginning of the answer
  AnswerWishes wishes{};
};

enum class AnthropicBody { kMessage, kCountTokens };  // of the latter only what makes the prompt is needed

// Faults and what was ignored go to the notes; the request is complete only without a fault.
// Beside the API's own fields: min_p, seed, the penalties, truncation, priority, adapters, cache_prompt, speculate,
// timeout_s, as the other endpoints have them. Thinking that was not asked for is switched off in the template, where
// the template can; "adaptive" leaves it to the template.
[[nodiscard]] AnthropicRequest read_anthropic_request(const Json& body, AnthropicBody kind, const HttpRequest& http,
                                                      OpenAiServing& serving, ReadingNotes& notes);

}  // namespace hearth::serve
