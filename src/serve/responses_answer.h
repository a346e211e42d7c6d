// Responses as they are written: the items of the output, the events that tell of them, and the response itself.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "serve/json_reader.h"
#include "serve/openai_serving.h"
#include "serve/responses_store.h"
#include "serve/stream_sink.h"

namespace hearth::serve {

struct ResponseAnswerOptions {
  Json response;  // "id" and all that is known before the answer; "output", "status" ... are filled in
  bool stream = false;
  bool logprobs = false;
  bool timings = false;
  std::vector<std::string> notices;
  std::vector<std::string> ignored;
  std::shared_ptr<ResponsesStore> store;  // null: it is not kept
  std::string key;                        // whose it is
  std::vector<ChatMessage> conversation;  // that it answers, without instructions
};

[[nodiscard]] std::unique_ptr<AnswerForm> response_answer(std::shared_ptr<OpenAiServing> serving,
                                                          ResponseAnswerOptions options);

}  // namespace hearth::serve
