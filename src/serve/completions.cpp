#include "serve/completions.h"

#include "serve/openai_prompts.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kPromptsMax = 256;
constexpr std::size_t kAnswersMax = 1024;      // of one body
constexpr std::uint32_t kTokensDefault = 16;   // Source: the OpenAI API reference, completions, max_tokens
constexpr std::uint32_t kTopLogprobsMax = 20;  // OpenAI has 5; chat has 20
constexpr std::uint32_t kTokensMax = 1U << 30U;

void read_prompt(ObjectReader& body, const TextRequest& request, CompletionRequest& read) {
  for (TextOrTokens& prompt : read_prompts(body, "prompt", kPromptsMax, true)) {
    TextRequest one = request;
    if (auto* text = std::get_if<std::string>(&prompt)) one.prompt = PlainPrompt{std::move(*text), true};
    if (auto* tokens = std::get_if<std::vector<Token>>(&prompt)) one.prompt = std::move(*tokens);
    read.order.requests.push_back(std::move(one));
  }
  if (read.order.requests.size() * request.choices > kAnswersMax)
    body.refuse("prompt", "and n together ask for more than " + std::to_string(kAnswersMax) + " answers");
}

// What the API of old has and this one does not.
void read_limits(ObjectReader& body, TextRequest& request, bool& echo) {
  std::string suffix;
  if (body.text("suffix", suffix) && !suffix.empty())
    body.refuse_unsupported("suffix", "is not supported",
                            "write the model's own fill-in-the-middle tokens into prompt");
  std::uint32_t best_of = 1;
  if (body.whole<std::uint32_t>("best_of", {1, kTokensMax}, best_of) && best_of != request.choices)
    body.refuse_unsupported("best_of", "must be as n: answers are not chosen among here");
  std::uint32_t top = 0;
  if (body.whole<std::uint32_t>("logprobs", {0, kTopLogprobsMax}, top)) request.logprobs = top;
  body.flag("echo", echo);
  if (echo && request.logprobs)
    body.refuse_unsupported("echo", "with logprobs is not supported: there are no logprobs of the prompt");
}

// Texts are known; tokens are written out by the model's own tokenizer.
Result<std::vector<std::string>> echoes_of(const std::vector<TextRequest>& requests, const TextKit* kit) {
  std::vector<std::string> echoes;
  for (const TextRequest& request : requests) {
    if (const auto* plain = std::get_if<PlainPrompt>(&request.prompt)) {
      echoes.push_back(plain->text);
    } else {
      HEARTH_ASSIGN(text, kit->detokenize(std::get<std::vector<Token>>(request.prompt), true));
      echoes.push_back(std::move(text));
    }
  }
  return echoes;
}

void answer_completion(OpenAiServing& serving, std::shared_ptr<Exchange> exchange, CompletionRequest read) {
  read.order.form = completion_answer(std::move(read.answer));
  answer_text(serving.service, std::move(exchange), std::move(read.order));
}

void echo_then_answer(std::shared_ptr<OpenAiServing> serving, std::shared_ptr<Exchange> exchange,
                      CompletionRequest read) {
  const std::string model = read.order.requests.front().model;
  // shared: the callback must be copyable
  auto kept = std::make_shared<CompletionRequest>(std::move(read));
  TextService& service = serving->service;
  service.with_kit(model, [serving = std::move(serving), exchange = std::move(exchange), kept](auto kit) {
    if (!kit) return exchange->respond_error(kit.error());
    auto echoes = echoes_of(kept->order.requests, kit->get());
    if (!echoes) return exchange->respond_error(echoes.error());
    kept->answer.echoes = std::move(*echoes);
    answer_completion(*serving, exchange, std::move(*kept));
  });
}

}  // namespace

Result<CompletionRequest> read_completion(OpenAiServing& serving, const HttpRequest& http) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  TextRequest request;
  AnswerWishes wishes;
  CompletionRequest read;
  read_model(body, http, serving, request);
  read_wishes(body, wishes, request);
  request.parse_output = false;
  request.max_tokens = kTokensDefault;
  body.whole<std::uint32_t>("max_tokens", {1, kTokensMax}, request.max_tokens);
  read_sampling(body, serving, request.sampling);
  read_generation(body, serving, request);
  read_constraint(body, request);
  read_limits(body, request, read.echo);
  read_prompt(body, request, read);
  body.note_rest();
  HEARTH_TRY(notes.status());

  read.order.stream = wishes.stream;
  read.order.headers = answer_headers(notes);
  read.answer = {.head = answer_head(serving, "cmpl-", wishes, notes),
                 .choices = request.choices,
                 .prompts = read.order.requests.size(),
                 .echoes = {},
                 .logprobs = request.logprobs.has_value(),
                 .include_usage = wishes.include_usage,
                 .timings = wishes.timings};
  return read;
}

Route completions_route(std::shared_ptr<OpenAiServing> serving) {
  Route route{.method = "POST",
              .pattern = "/v1/completions",
              .summary = "Text that goes on from a prompt, whole or as a stream",
              .handler = {}};
  route.handler = [serving = std::move(serving)](std::shared_ptr<Exchange> exchange) {
    auto read = read_completion(*serving, exchange->request());
    if (!read) return exchange->respond_error(read.error());
    if (read->echo) return echo_then_answer(serving, std::move(exchange), std::move(*read));
    answer_completion(*serving, std::move(exchange), std::move(*read));
  };
  route.tag = "openai";
  route.request_schema = completion_request_schema();
  route.response_schema = completion_response_schema();
  route.streams = true;
  return route;
}

}  // namespace hearth::serve
