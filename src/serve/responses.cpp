#include "serve/responses.h"

#include "serve/json_reader.h"
#include "serve/openai_schemas.h"

namespace hearth::serve {
namespace {

std::string asked_id(const HttpRequest& request) {
  const auto id = request.parameters.find("id");
  return id == request.parameters.end() ? std::string() : id->second;
}

void answer_past(const ResponsesStore& store, Exchange& exchange) {
  const HttpRequest& request = exchange.request();
  if (const auto stream = request.query.find("stream"); stream != request.query.end() && stream->second == "true")
    return exchange.respond_error(
        unsupported_error("stream", "is not supported for a past response", "ask without it"));
  auto found = store.find(asked_id(request), request.key);
  if (!found) return exchange.respond_error(found.error());
  exchange.respond({.body = (*found)->body});
}

void answer_removed(ResponsesStore& store, Exchange& exchange) {
  const HttpRequest& request = exchange.request();
  const std::string id = asked_id(request);
  if (auto removed = store.remove(id, request.key); !removed) return exchange.respond_error(removed.error());
  exchange.respond({.body = json_text({{"id", id}, {"object", "response"}, {"deleted", true}})});
}

Route described(Route route, std::string response_schema) {
  route.tag = "openai";
  route.response_schema = std::move(response_schema);
  return route;
}

}  // namespace

std::vector<Route> responses_routes(std::shared_ptr<OpenAiServing> serving, std::shared_ptr<ResponsesStore> store) {
  Route ask{.method = "POST",
            .pattern = "/v1/responses",
            .summary = "A response to an input or a past response, whole or as a stream of events",
            .handler = {}};
  ask.handler = [serving = std::move(serving), store](std::shared_ptr<Exchange> exchange) {
    auto order = read_response(serving, store, exchange->request());
    if (!order) return exchange->respond_error(order.error());
    answer_text(serving->service, std::move(exchange), std::move(*order));
  };
  ask.request_schema = response_request_schema();
  ask.streams = true;
  Route past{.method = "GET", .pattern = "/v1/responses/{id}", .summary = "A past response", .handler = {}};
  past.handler = [store](const std::shared_ptr<Exchange>& exchange) { answer_past(*store, *exchange); };
  Route removal{
      .method = "DELETE", .pattern = "/v1/responses/{id}", .summary = "Forgets a past response", .handler = {}};
  removal.handler = [store](const std::shared_ptr<Exchange>& exchange) { answer_removed(*store, *exchange); };
  return {described(std::move(ask), response_response_schema()), described(std::move(past), response_response_schema()),
          described(std::move(removal), R"({"type": "object", "required": ["id", "object", "deleted"], "properties": {
    "id": {"type": "string"}, "object": {"enum": ["response"]}, "deleted": {"type": "boolean"}}})")};
}

}  // namespace hearth::serve
