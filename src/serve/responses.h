// /v1/responses: POST, and GET and DELETE of past ones.
#pragma once

#include <memory>
#include <vector>

#include "serve/exchange.h"
#include "serve/openai_serving.h"
#include "serve/responses_store.h"
#include "serve/stream_sink.h"

namespace hearth::serve {

// The request's body as what to submit and how to answer; errors name the field.
[[nodiscard]] Result<AnswerOrder> read_response(const std::shared_ptr<OpenAiServing>& serving,
                                                const std::shared_ptr<ResponsesStore>& store, const HttpRequest& http);

[[nodiscard]] std::vector<Route> responses_routes(std::shared_ptr<OpenAiServing> serving,
                                                  std::shared_ptr<ResponsesStore> store);

}  // namespace hearth::serve
