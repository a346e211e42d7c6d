#include "serve/chat_completions.h"

#include "serve/openai_messages.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

constexpr std::uint32_t kTopLogprobsMax = 20;  // Source: the OpenAI API reference, chat completions, top_logprobs
constexpr std::uint32_t kTokensMax = 1U << 30U;

void read_length(ObjectReader& body, TextRequest& request) {
  body.whole<std::uint32_t>("max_tokens", {1, kTokensMax}, request.max_tokens);
  body.whole<std::uint32_t>("max_completion_tokens", {1, kTokensMax}, request.max_tokens);
}

void read_logprobs(ObjectReader& body, TextRequest& request) {
  bool wanted = false;
  std::uint32_t top = 0;
  body.flag("logprobs", wanted);
  if (body.whole<std::uint32_t>("top_logprobs", {0, kTopLogprobsMax}, top) && !wanted)
    body.refuse("top_logprobs", "is only for logprobs: true");
  if (wanted) request.logprobs = top;
}

void read_modalities(ObjectReader& body) {
  const Json* kinds = body.list("modalities", 8);
  for (std::size_t i = 0; kinds != nullptr && i < kinds->size(); ++i) {
    if ((*kinds)[i] != "text")
      body.refuse_unsupported("modalities", "asks for more than text, which no model here gives");
  }
}

// As vLLM has it: the last turn is the assistant's own, which it goes on with.
void read_continuation(ObjectReader& body, PromptRequest& prompt) {
  bool goes_on = false;
  if (!body.flag("continue_final_message", goes_on) || !goes_on || prompt.messages.empty()) return;
  ChatMessage& last = prompt.messages.back();
  if (last.role != "assistant" || !last.tool_calls.empty())
    return body.refuse("continue_final_message", "needs a last message of the assistant without tool_calls");
  prompt.answer_prefix = std::move(last.content);
  for (const ContentPart& part : last.parts) prompt.answer_prefix += part.text;
  prompt.messages.pop_back();
  prompt.add_generation_prompt = true;
}

void read_conversation(ObjectReader& body, TextRequest& request, AnswerWishes& wishes) {
  PromptRequest& prompt = request.prompt.emplace<PromptRequest>();
  read_messages(body, prompt.messages);
  read_tools(body, true, request, wishes);
  std::string effort;
  if (body.has("reasoning_effort") &&
      body.one_of("reasoning_effort", {"none", "minimal", "low", "medium", "high", "xhigh", "max"}))
    body.text("reasoning_effort", effort);
  read_template_variables(body, effort, prompt);
  body.flag("add_generation_prompt", prompt.add_generation_prompt);
  read_continuation(body, prompt);
  body.flag("parse_output", request.parse_output);
}

}  // namespace

Result<AnswerOrder> read_chat_completion(OpenAiServing& serving, const HttpRequest& http) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  TextRequest request;
  AnswerWishes wishes;
  read_model(body, http, serving, request);
  read_wishes(body, wishes, request);
  read_conversation(body, request, wishes);
  read_length(body, request);
  read_sampling(body, serving, request.sampling);
  read_generation(body, serving, request);
  read_constraint(body, request);
  read_logprobs(body, request);
  read_modalities(body);
  body.note_rest();
  HEARTH_TRY(notes.status());

  AnswerOrder order;
  order.stream = wishes.stream;
  order.headers = answer_headers(notes);
  order.form = chat_answer({.head = answer_head(serving, "chatcmpl-", wishes, notes),
                            .choices = request.choices,
                            .logprobs = request.logprobs.has_value(),
                            .include_usage = wishes.include_usage,
                            .timings = wishes.timings});
  order.requests.push_back(std::move(request));
  return order;
}

Route chat_completions_route(std::shared_ptr<OpenAiServing> serving) {
  Route route{.method = "POST",
              .pattern = "/v1/chat/completions",
              .summary = "An answer to a conversation, whole or as a stream",
              .handler = {}};
  route.handler = [serving = std::move(serving)](std::shared_ptr<Exchange> exchange) {
    auto order = read_chat_completion(*serving, exchange->request());
    if (!order) return exchange->respond_error(order.error());
    answer_text(serving->service, std::move(exchange), std::move(*order));
  };
  route.tag = "openai";
  route.request_schema = chat_request_schema();
  route.response_schema = chat_response_schema();
  route.streams = true;
  return route;
}

}  // namespace hearth::serve
