#include "serve/anthropic_count_tokens.h"

#include <utility>

#include "serve/anthropic_request.h"
#include "serve/openai_answer.h"

namespace hearth::serve {

void count_message_tokens(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  const auto body = parse_json_object(exchange->request().body);
  if (!body) return exchange->respond_error(body.error());
  ReadingNotes notes;
  auto request = read_anthropic_request(*body, AnthropicBody::kCountTokens, exchange->request(), serving, notes);
  if (notes.fault) return exchange->respond_error(*notes.fault);
  const auto count = [exchange, prompt = std::move(request.text.prompt),
                      headers = answer_headers(notes)](const Result<std::shared_ptr<const TextKit>>& kit) {
    if (!kit) return exchange->respond_error(kit.error());
    const auto tokens = (*kit)->prompt_tokens(prompt);
    if (!tokens) return exchange->respond_error(tokens.error());
    exchange->respond({.body = json_text({{"input_tokens", tokens->size()}}), .headers = headers});
  };
  serving.service.with_kit(request.text.model, count);
}

}  // namespace hearth::serve
