#include "serve/llama_completion.h"

#include <utility>

#include "serve/llama_answer.h"
#include "serve/llama_request.h"
#include "serve/llama_settings.h"
#include "serve/openai_answer.h"

namespace hearth::serve {
namespace {

// A bias of a text falls on each of its tokens.
Status add_text_biases(const TextKit& kit, LlamaRequest& request) {
  for (const auto& [text, bias] : request.bias_texts) {
    HEARTH_ASSIGN(tokens, kit.tokenize(text, false, true));
    for (const Token token : tokens) request.text.sampling.logit_bias.emplace_back(token, bias);
  }
  return {};
}

// One request a prompt; the head gets what the answer tells of them. `kit` may be null where none is needed.
Result<std::vector<TextRequest>> engine_requests(const LlamaRequest& request, const TextKit* kit,
                                                 LlamaAnswerHead& head) {
  std::vector<TextRequest> requests;
  for (const auto& prompt : request.prompts) {
    TextRequest one = request.text;
    if (kit == nullptr) {
      head.prompts.push_back(std::get<std::string>(prompt.pieces.front()));
      one.prompt = PlainPrompt{head.prompts.back(), true};
    } else {
      HEARTH_ASSIGN(resolved, resolve_prompt(*kit, prompt));
      head.prompts.push_back(std::move(resolved.text));
      head.prompt_tokens.push_back(static_cast<std::uint32_t>(resolved.tokens.size()));
      one.prompt = std::move(resolved.tokens);
    }
    requests.push_back(std::move(one));
  }
  return requests;
}

Status start(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange, LlamaRequest request,
             const ReadingNotes& notes, const TextKit* kit) {
  if (kit != nullptr) HEARTH_TRY(add_text_biases(*kit, request));
  LlamaAnswerHead head{.settings = llama_settings(request.text, request.wishes.stream),
                       .max_tokens = request.text.max_tokens,
                       .choices = request.text.choices,
                       .wishes = request.wishes,
                       .ignored = notes.ignored};
  AnswerOrder order;
  HEARTH_ASSIGN(requests, engine_requests(request, kit, head));
  order.requests = std::move(requests);
  order.form = std::make_unique<LlamaAnswer>(std::move(head));
  order.stream = request.wishes.stream;
  order.headers = answer_headers(notes);
  answer_text(serving.service, exchange, std::move(order));
  return {};
}

}  // namespace

void answer_llama_completion(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  auto body = parse_json_object(exchange->request().body);
  if (!body) return exchange->respond_error(body.error());
  ReadingNotes notes;
  auto request = read_llama_request(*body, exchange->request(), serving, notes);
  if (notes.fault) return exchange->respond_error(*notes.fault);
  if (!request.needs_kit()) {
    if (auto started = start(serving, exchange, std::move(request), notes, nullptr); !started)
      exchange->respond_error(started.error());
    return;
  }
  const std::string model = request.text.model;
  serving.service.with_kit(model, [&serving, exchange, request = std::move(request),
                                   notes = std::move(notes)](const Result<std::shared_ptr<const TextKit>>& kit) {
    if (!kit) return exchange->respond_error(kit.error());
    if (auto started = start(serving, exchange, request, notes, kit->get()); !started)
      exchange->respond_error(started.error());
  });
}

}  // namespace hearth::serve
