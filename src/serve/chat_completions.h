// POST /v1/chat/completions.
#pragma once

#include <memory>

#include "serve/openai_answer.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// The request's body as what to submit and how to answer; errors name the field.
[[nodiscard]] Result<AnswerOrder> read_chat_completion(OpenAiServing& serving, const HttpRequest& http);

// How chat completions are written, streamed and whole.
struct ChatAnswerOptions {
  AnswerHead head;
  std::uint32_t choices = 1;
  bool logprobs = false;
  bool include_usage = false;
  bool timings = false;
};
[[nodiscard]] std::unique_ptr<AnswerForm> chat_answer(ChatAnswerOptions options);

[[nodiscard]] Route chat_completions_route(std::shared_ptr<OpenAiServing> serving);

}  // namespace hearth::serve
