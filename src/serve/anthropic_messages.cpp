#include "serve/anthropic_messages.h"

#include <utility>

#include "serve/anthropic_answer.h"
#include "serve/anthropic_request.h"
#include "serve/openai_answer.h"

namespace hearth::serve {

void answer_message(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  const auto body = parse_json_object(exchange->request().body);
  if (!body) return exchange->respond_error(body.error());
  ReadingNotes notes;
  auto request = read_anthropic_request(*body, AnthropicBody::kMessage, exchange->request(), serving, notes);
  if (notes.fault) return exchange->respond_error(*notes.fault);
  AnthropicHead head{.id = serving.ids.next("msg_"), .notices = request.wishes.notices, .ignored = notes.ignored};
  AnswerOrder order;
  order.requests.push_back(std::move(request.text));
  order.form = std::make_unique<AnthropicAnswer>(std::move(head));
  order.stream = request.wishes.stream;
  order.headers = answer_headers(notes);
  order.headers.emplace_back("request-id", exchange->request().id);
  answer_text(serving.service, exchange, std::move(order));
}

}  // namespace hearth::serve
