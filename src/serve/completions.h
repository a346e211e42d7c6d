// POST /v1/completions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "serve/openai_answer.h"
#include "serve/openai_serving.h"

namespace hearth::serve {

// How completions are written, streamed and whole.
struct CompletionAnswerOptions {
  AnswerHead head;
  std::uint32_t choices = 1;  // of one prompt
  std::size_t prompts = 1;
  std::vector<std::string> echoes;  // what each prompt's answers begin with; empty: nothing
  bool logprobs = false;
  bool include_usage = false;
  bool timings = false;
};
[[nodiscard]] std::unique_ptr<AnswerForm> completion_answer(CompletionAnswerOptions options);

// A body that has been read: `order` lacks its form until the echoes are known.
struct CompletionRequest {
  AnswerOrder order;
  CompletionAnswerOptions answer;
  bool echo = false;
};
[[nodiscard]] Result<CompletionRequest> read_completion(OpenAiServing& serving, const HttpRequest& http);

[[nodiscard]] Route completions_route(std::shared_ptr<OpenAiServing> serving);

}  // namespace hearth::serve
