#include "serve/embeddings.h"

#include <bit>

#include "serve/base64.h"
#include "serve/json_writer.h"
#include "serve/openai_answer.h"
#include "serve/openai_prompts.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

constexpr std::size_t kInputsMax = 2048;  // Source: the OpenAI API reference, embeddings, input
constexpr std::uint32_t kDimensionsMax = 1U << 20U;

struct EmbeddingAsk {
  EmbeddingRequest request;
  bool base64 = false;
  Headers headers;
};

Result<EmbeddingAsk> read_embedding(OpenAiServing& serving, const HttpRequest& http) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  EmbeddingAsk ask;
  ask.request.key = http.key;
  read_known_model(body, serving, ask.request.model);
  ask.request.inputs = read_prompts(body, "input", kInputsMax, false);
  ask.base64 = body.one_of("encoding_format", {"float", "base64"}).value_or(0) == 1;
  std::uint32_t dimensions = 0;
  if (body.whole<std::uint32_t>("dimensions", {1, kDimensionsMax}, dimensions)) ask.request.size = dimensions;
  if (body.one_of("pooling", {"mean", "cls", "max", "last"})) body.text("pooling", ask.request.pooling);
  body.text("prompt_name", ask.request.prompt);
  body.flag("normalize", ask.request.normalize);
  body.skip({"user"});
  body.note_rest();
  HEARTH_TRY(notes.status());
  ask.headers = answer_headers(notes);
  return ask;
}

void append_vector(std::string& out, const std::vector<float>& values, bool base64) {
  if (base64) {
    // Little-endian float32, as the API has it.
    static_assert(std::endian::native == std::endian::little, "the bytes are sent as they lie");
    out += '"';
    append_base64(out, {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
    out += '"';
    return;
  }
  out += '[';
  for (const float& value : values) {
    if (&value != values.data()) out += ',';
    append_json_number(out, value);
  }
  out += ']';
}

std::string embedding_body(const EmbeddingResult& result, bool base64) {
  std::string out = R"({"object":"list","data":[)";
  for (std::size_t i = 0; i < result.embeddings.size(); ++i) {
    out += i == 0 ? R"({"object":"embedding","index":)" : R"(,{"object":"embedding","index":)";
    append_json_number(out, i);
    out += R"(,"embedding":)";
    append_vector(out, result.embeddings[i], base64);
    out += '}';
  }
  out += R"(],"model":)";
  append_json_string(out, result.model);
  out += R"(,"usage":{"prompt_tokens":)";
  append_json_number(out, result.prompt_tokens);
  out += R"(,"total_tokens":)";
  append_json_number(out, result.prompt_tokens);
  return out + "}}";
}

}  // namespace

Route embeddings_route(std::shared_ptr<OpenAiServing> serving) {
  Route route{.method = "POST", .pattern = "/v1/embeddings", .summary = "Texts or tokens as vectors", .handler = {}};
  route.handler = [serving = std::move(serving)](std::shared_ptr<Exchange> exchange) {
    auto ask = read_embedding(*serving, exchange->request());
    if (!ask) return exchange->respond_error(ask.error());
    serving->service.embed(std::move(ask->request), [exchange, base64 = ask->base64, headers = std::move(ask->headers)](
                                                        const Result<EmbeddingResult>& result) {
      if (!result) return exchange->respond_error(openai_error(result.error()));
      exchange->respond({.body = embedding_body(*result, base64), .headers = headers});
    });
  };
  route.tag = "openai";
  route.request_schema = embedding_request_schema();
  route.response_schema = embedding_response_schema();
  return route;
}

}  // namespace hearth::serve
