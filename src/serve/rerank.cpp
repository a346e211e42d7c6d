#include "serve/rerank.h"

#include <algorithm>
#include <numeric>

#include "serve/json_writer.h"
#include "serve/openai_answer.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

struct RerankAsk {
  RerankRequest request;
  std::size_t top_n = SIZE_MAX;
  bool return_documents = false;
  Headers headers;
};

// Each document is a text, or an object with one.
std::vector<std::string> read_documents(ObjectReader& body) {
  std::vector<std::string> documents;
  const Json* list = body.list("documents", RerankRequest::kDocumentsMax);
  if (list == nullptr) {
    if (!body.failed()) body.refuse("documents", "is missing", "give a list of texts");
    return documents;
  }
  if (list->empty()) body.refuse("documents", "is empty", "give at least one text");
  for (std::size_t i = 0; i < list->size(); ++i) {
    const Json& item = (*list)[i];
    const Json* text = &item;
    if (const auto found = item.is_object() ? item.find("text") : item.end(); item.is_object() && found != item.end())
      text = &*found;
    if (!text->is_string()) {
      body.notes().refuse(field_error("documents[" + std::to_string(i) + "]",
                                      "must be a text or an object with 'text', not " + shown(item)));
      return documents;
    }
    documents.push_back(text->get<std::string>());
  }
  return documents;
}

Result<RerankAsk> read_rerank(OpenAiServing& serving, const HttpRequest& http) {
  HEARTH_ASSIGN(json, parse_json_object(http.body));
  ReadingNotes notes;
  ObjectReader body(json, "", notes);
  RerankAsk ask;
  ask.request.key = http.key;
  read_known_model(body, serving, ask.request.model);
  if (!body.text("query", ask.request.query) && !body.failed()) body.refuse("query", "is missing");
  ask.request.documents = read_documents(body);
  std::uint32_t top_n = 0;
  if (body.whole<std::uint32_t>("top_n", {1, UINT32_MAX}, top_n)) ask.top_n = top_n;
  body.flag("return_documents", ask.return_documents);
  body.skip({"user"});
  body.note_rest();
  HEARTH_TRY(notes.status());
  ask.headers = answer_headers(notes);
  return ask;
}

// Documents in the order of their scores, equals in their own order.
std::vector<std::size_t> ranking(const std::vector<float>& scores, std::size_t top_n) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return scores[i]; });
  order.resize(std::min(order.size(), top_n));
  return order;
}

std::string rerank_body(const RerankResult& result, const RerankAsk& ask) {
  std::string out = R"({"object":"list","model":)";
  append_json_string(out, result.model);
  out += R"(,"method":)";
  append_json_string(out, to_string(result.method));
  out += R"(,"results":[)";
  bool first = true;
  for (const std::size_t i : ranking(result.scores, ask.top_n)) {
    out += first ? R"({"index":)" : R"(,{"index":)";
    first = false;
    append_json_number(out, i);
    out += R"(,"relevance_score":)";
    append_json_number(out, result.scores[i]);
    if (ask.return_documents) {
      out += R"(,"document":{"text":)";
      append_json_string(out, ask.request.documents[i]);
      out += '}';
    }
    out += '}';
  }
  out += R"(],"usage":{"prompt_tokens":)";
  append_json_number(out, result.prompt_tokens);
  out += R"(,"total_tokens":)";
  append_json_number(out, result.prompt_tokens);
  return out + "}}";
}

}  // namespace

std::vector<Route> rerank_routes(const std::shared_ptr<OpenAiServing>& serving) {
  std::vector<Route> routes;
  for (const char* pattern : {"/v1/rerank", "/rerank"}) {
    Route route{
        .method = "POST", .pattern = pattern, .summary = "Documents by how well they answer a query", .handler = {}};
    route.handler = [serving](std::shared_ptr<Exchange> exchange) {
      auto ask = read_rerank(*serving, exchange->request());
      if (!ask) return exchange->respond_error(ask.error());
      const auto asked = std::make_shared<const RerankAsk>(std::move(*ask));  // shared: the answer comes later
      serving->service.rerank(asked->request, [exchange, asked](const Result<RerankResult>& result) {
        if (!result) return exchange->respond_error(openai_error(result.error()));
        exchange->respond({.body = rerank_body(*result, *asked), .headers = asked->headers});
      });
    };
    route.tag = "openai";
    route.request_schema = rerank_request_schema();
    route.response_schema = rerank_response_schema();
    routes.push_back(std::move(route));
  }
  return routes;
}

}  // namespace hearth::serve
