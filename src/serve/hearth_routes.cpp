#include "serve/hearth_routes.h"

#include <utility>

#include "serve/hearth_adapters.h"

namespace hearth::serve {
namespace {

constexpr const char* kStatusSchema =
    R"({"type":"object","required":["models","pools","queue","rung","sensors"],"properties":{"models":{"type":"array",)"
    R"("items":{"type":"object","required":["name","bytes","rung","requests"]}},"pools":{"type":"array"},)"
    R"("queue":{"type":"object","required":["waiting","running"]},"rung":{"type":"string"},)"
    R"("sensors":{"type":"object"}}})";
constexpr const char* kPlacementSchema =
    R"({"type":"object","required":["models"],"properties":{"models":{"type":"array","items":{"type":"object",)"
    R"("required":["name","state","bytes","placement"]}}}})";
constexpr const char* kPlanSchema = R"({"type":"object","required":["choices"]})";
constexpr const char* kLedgerSchema =
    R"({"type":"object","required":["records"],"properties":{"records":{"type":"array"}}})";

Route get(std::string pattern, std::string summary, const char* response_schema, Handler handler) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.handler = std::move(handler);
  route.tag = "hearth";
  route.response_schema = response_schema;
  return route;
}

void respond_document(Exchange& exchange, Result<std::string> document) {
  if (!document) return exchange.respond_error(document.error());
  exchange.respond({.body = std::move(*document), .headers = {{"cache-control", "no-store"}}});
}

Result<std::string> running_plan(const HearthSources& sources) {
  std::string text;
  if (sources.plan) {
    HEARTH_ASSIGN(given, sources.plan());
    text = std::move(given);
  }
  if (!text.empty()) return text;
  return fail(ErrorCode::kNotFound, "this server runs no plan: it was started with models alone",
              "`hearth plan` makes one and `hearth up` runs it");
}

Result<std::string> ledger_records(const HearthSources& sources) {
  if (!sources.ledger) return std::string(R"({"records":[]})");
  return sources.ledger();
}

Route release_route(std::function<Status(const std::string&)> release) {
  Route route;
  route.method = "POST";
  route.pattern = "/v1/hearth/models/{model}/release";
  route.summary = "A model that crashed too often may be loaded again";
  route.tag = "hearth";
  route.response_schema = R"({"type":"object","required":["released"]})";
  route.handler = [release = std::move(release)](const std::shared_ptr<Exchange>& exchange) {
    const auto& parameters = exchange->request().parameters;
    const auto named = parameters.find("model");
    if (auto done = release(named == parameters.end() ? std::string() : named->second); !done)
      return exchange->respond_error(done.error());
    exchange->respond({.body = R"({"released":true})"});
  };
  return route;
}

}  // namespace

std::string current_status(const HearthSources& sources) {
  const auto sensors = sources.sensors ? sources.sensors() : std::vector<SensorReading>();
  return status_json(sources.service->status(), sensors, sources.governor ? sources.governor() : std::string());
}

std::vector<Route> hearth_routes(const HearthSources& sources) {
  std::vector<Route> routes;
  routes.push_back(get("/v1/hearth/status", "Models, memory pools, queue, degradation and sensors, now", kStatusSchema,
                       [sources](const std::shared_ptr<Exchange>& exchange) {
                         std::string document = current_status(sources);
                         if (sources.stream != nullptr && wants_events(exchange->request()))
                           return sources.stream->add(exchange, document);
                         respond_document(*exchange, std::move(document));
                       }));
  routes.back().streams = sources.stream != nullptr;
  routes.push_back(get("/v1/hearth/placement", "Which device holds how much of each model", kPlacementSchema,
                       [sources](const std::shared_ptr<Exchange>& exchange) {
                         respond_document(*exchange, placement_json(sources.service->status()));
                       }));
  routes.push_back(get(
      "/v1/hearth/plan", "The plan this server runs", kPlanSchema,
      [sources](const std::shared_ptr<Exchange>& exchange) { respond_document(*exchange, running_plan(sources)); }));
  routes.push_back(get(
      "/v1/hearth/ledger", "What was measured, for the next plan", kLedgerSchema,
      [sources](const std::shared_ptr<Exchange>& exchange) { respond_document(*exchange, ledger_records(sources)); }));
  if (sources.openapi) {
    routes.push_back(
        get("/openapi.json", "This document", R"({"type":"object","required":["openapi","paths"]})",
            [sources](const std::shared_ptr<Exchange>& exchange) { respond_document(*exchange, sources.openapi()); }));
  }
  for (auto& route : hearth_adapter_routes(*sources.service)) routes.push_back(std::move(route));
  if (sources.release) routes.push_back(release_route(sources.release));
  return routes;
}

}  // namespace hearth::serve
