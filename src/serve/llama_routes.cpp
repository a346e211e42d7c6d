#include "serve/llama_routes.h"

#include <utility>

#include "serve/llama_completion.h"
#include "serve/llama_props.h"
#include "serve/llama_tokens.h"

namespace hearth::serve {
namespace {

constexpr const char* kCompletionSchema =
    R"({"type":"object","required":["prompt"],"properties":{"prompt":{"type":["string","array","object"]},)"
    R"("model":{"type":"string"},"n_predict":{"type":"integer"},"temperature":{"type":"number"},)"
    R"("top_k":{"type":"integer"},"top_p":{"type":"number"},"min_p":{"type":"number"},)"
    R"("repeat_penalty":{"type":"number"},"repeat_last_n":{"type":"integer"},"presence_penalty":{"type":"number"},)"
    R"("frequency_penalty":{"type":"number"},"seed":{"type":"integer"},"stop":{"type":["string","array"]},)"
    R"("stream":{"type":"boolean"},"cache_prompt":{"type":"boolean"},"json_schema":{"type":"object"},)"
    R"("grammar":{"type":"string"},"logit_bias":{"type":["array","object"]},"n_probs":{"type":"integer"},)"
    R"("ignore_eos":{"type":"boolean"},"return_tokens":{"type":"boolean"},"samplers":{"type":"array"},)"
    R"("response_fields":{"type":"array","items":{"type":"string"}}}})";
constexpr const char* kCompletionAnswer =
    R"({"type":["object","array"],"required":["content","stop","tokens_predicted","tokens_evaluated"]})";
constexpr const char* kTokenizeSchema =
    R"({"type":"object","required":["content"],"properties":{"model":{"type":"string"},"content":{"type":"string"},)"
    R"("add_special":{"type":"boolean"},"parse_special":{"type":"boolean"},"with_pieces":{"type":"boolean"}}})";
constexpr const char* kTokensAnswer =
    R"({"type":"object","required":["tokens"],"properties":{"tokens":{"type":"array"}}})";
constexpr const char* kDetokenizeSchema =
    R"({"type":"object","required":["tokens"],"properties":{"model":{"type":"string"},"tokens":{"type":"array",)"
    R"("items":{"type":"integer"}}}})";
constexpr const char* kContentAnswer =
    R"({"type":"object","required":["content"],"properties":{"content":{"type":"string"}}})";
constexpr const char* kTemplateSchema =
    R"({"type":"object","required":["messages"],"properties":{"model":{"type":"string"},"messages":{"type":"array"},)"
    R"("tools":{"type":"array"},"chat_template_kwargs":{"type":"object"}}})";
constexpr const char* kPromptAnswer =
    R"({"type":"object","required":["prompt"],"properties":{"prompt":{"type":"string"}}})";

using Answer = void (*)(OpenAiServing&, const std::shared_ptr<Exchange>&);

Route post(OpenAiServing& serving, const char* pattern, Answer answer, const char* request, const char* response) {
  Route route;
  route.method = "POST";
  route.pattern = pattern;
  route.handler = [&serving, answer](const auto& exchange) { answer(serving, exchange); };
  route.tag = "llama";
  route.request_schema = request;
  route.response_schema = response;
  return route;
}

Route get(OpenAiServing& serving, const char* pattern, Answer answer, const char* response) {
  Route route = post(serving, pattern, answer, "", response);
  route.method = "GET";
  return route;
}

Route saying(const char* summary, Route route) {
  route.summary = summary;
  return route;
}

}  // namespace

std::vector<Route> llama_routes(OpenAiServing& serving) {
  std::vector<Route> routes;
  for (const char* pattern : {"/completion", "/completions"}) {
    Route route = post(serving, pattern, answer_llama_completion, kCompletionSchema, kCompletionAnswer);
    route.streams = true;
    routes.push_back(saying("llama-server's completion of a text", std::move(route)));
  }
  routes.push_back(
      saying("The tokens of a text", post(serving, "/tokenize", answer_tokenize, kTokenizeSchema, kTokensAnswer)));
  routes.push_back(
      saying("The text of tokens", post(serving, "/detokenize", answer_detokenize, kDetokenizeSchema, kContentAnswer)));
  routes.push_back(saying("The prompt of a conversation",
                          post(serving, "/apply-template", answer_apply_template, kTemplateSchema, kPromptAnswer)));
  routes.push_back(saying("Properties of a model", get(serving, "/props", answer_props, R"({"type":"object"})")));
  routes.push_back(saying("Slots of resident models", get(serving, "/slots", answer_slots, R"({"type":"array"})")));
  return routes;
}

}  // namespace hearth::serve
