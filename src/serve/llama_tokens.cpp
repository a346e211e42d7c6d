#include "serve/llama_tokens.h"

#include <functional>
#include <limits>
#include <span>
#include <utility>

#include "serve/openai_answer.h"
#include "serve/openai_messages.h"
#include "text/utf8_stream.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kTokensMax = 1'000'000;

using WithKit = std::function<Result<Json>(const TextKit&)>;
// Reads the rest of a body into what is to be done with the kit.
using Reading = std::function<WithKit(ObjectReader& body, TextRequest& request)>;

void answer_with_kit(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange, const Reading& read) {
  const auto json = parse_json_object(exchange->request().body);
  if (!json) return exchange->respond_error(json.error());
  ReadingNotes notes;
  ObjectReader body(*json, "", notes);
  TextRequest request;
  read_model(body, exchange->request(), serving, request);
  WithKit work = read(body, request);
  body.note_rest();
  if (notes.fault) return exchange->respond_error(*notes.fault);
  serving.service.with_kit(request.model, [exchange, work = std::move(work), headers = answer_headers(notes)](
                                              const Result<std::shared_ptr<const TextKit>>& kit) {
    if (!kit) return exchange->respond_error(kit.error());
    const auto answer = work(**kit);
    if (!answer) return exchange->respond_error(answer.error());
    exchange->respond({.body = json_text(*answer), .headers = headers});
  });
}

Json piece_of(const std::string& bytes) {
  if (utf8_sanitized(bytes) == bytes) return bytes;
  Json list = Json::array();
  for (const char c : bytes) list.push_back(static_cast<unsigned>(static_cast<unsigned char>(c)));
  return list;
}

Result<Json> with_pieces(const TextKit& kit, const std::vector<Token>& tokens) {
  Json list = Json::array();
  for (const Token token : tokens) {
    HEARTH_ASSIGN(bytes, kit.detokenize(std::span(&token, 1), true));
    list.push_back({{"id", token}, {"piece", piece_of(bytes)}});
  }
  return list;
}

WithKit read_tokenize(ObjectReader& body, TextRequest&) {
  std::string content;
  bool special = false;
  bool parse = true;
  bool pieces = false;
  if (!body.text("content", content)) body.refuse("content", "is missing", "give the text");
  body.flag("add_special", special);
  body.flag("parse_special", parse);
  body.flag("with_pieces", pieces);
  return [=](const TextKit& kit) -> Result<Json> {
    HEARTH_ASSIGN(tokens, kit.tokenize(content, special, parse));
    if (!pieces) return Json{{"tokens", tokens}};
    HEARTH_ASSIGN(list, with_pieces(kit, tokens));
    return Json{{"tokens", std::move(list)}};
  };
}

WithKit read_detokenize(ObjectReader& body, TextRequest&) {
  std::vector<Token> tokens;
  const Json* list = body.list("tokens", kTokensMax);
  if (list == nullptr) body.refuse("tokens", "is missing", "give a list of token ids");
  for (std::size_t i = 0; list != nullptr && i < list->size() && !body.failed(); ++i) {
    const Json& token = (*list)[i];
    if (token.is_number_unsigned() && token <= std::numeric_limits<Token>::max())
      tokens.push_back(token.get<Token>());
    else
      body.refuse("tokens[" + std::to_string(i) + "]", "must be a token id");
  }
  return [tokens = std::move(tokens)](const TextKit& kit) -> Result<Json> {
    HEARTH_ASSIGN(text, kit.detokenize(tokens, true));
    return Json{{"content", std::move(text)}};
  };
}

WithKit read_apply_template(ObjectReader& body, TextRequest& request) {
  PromptRequest& prompt = request.prompt.emplace<PromptRequest>();
  AnswerWishes wishes;
  std::string effort;
  read_messages(body, prompt.messages);
  read_tools(body, true, request, wishes);
  body.text("reasoning_effort", effort);
  read_template_variables(body, effort, prompt);
  body.flag("add_generation_prompt", prompt.add_generation_prompt);
  return [prompt](const TextKit& kit) -> Result<Json> {
    HEARTH_ASSIGN(text, kit.render(prompt));
    return Json{{"prompt", std::move(text)}};
  };
}

}  // namespace

void answer_tokenize(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  answer_with_kit(serving, exchange, read_tokenize);
}
void answer_detokenize(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  answer_with_kit(serving, exchange, read_detokenize);
}
void answer_apply_template(OpenAiServing& serving, const std::shared_ptr<Exchange>& exchange) {
  answer_with_kit(serving, exchange, read_apply_template);
}

}  // namespace hearth::serve
