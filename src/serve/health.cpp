#include "serve/health.h"

#include <string>
#include <utility>

namespace hearth::serve {
namespace {

HttpResponse answer(unsigned status, const char* word) {
  HttpResponse response;
  response.status = status;
  response.body = std::string(R"({"status":")") + word + R"("})";
  response.headers.emplace_back("cache-control", "no-store");
  if (status == 503) response.headers.emplace_back("retry-after", "1");
  return response;
}

HttpResponse health(ServerPhase phase) {
  switch (phase) {
    case ServerPhase::kStarting: return answer(503, "starting");
    case ServerPhase::kReady: return answer(200, "ok");
    case ServerPhase::kDraining: break;
  }
  return answer(200, "draining");
}

HttpResponse ready(ServerPhase phase) {
  if (phase == ServerPhase::kReady) return answer(200, "ready");
  return answer(503, phase == ServerPhase::kStarting ? "starting" : "draining");
}

Route route(std::string pattern, std::string summary, Handler handler) {
  Route made;
  made.method = "GET";
  made.pattern = std::move(pattern);
  made.summary = std::move(summary);
  made.handler = std::move(handler);
  made.tag = "hearth";
  made.response_schema =
      R"({"type":"object","required":["status"],"properties":{"status":{"enum":["ok","ready","starting","draining"]}}})";
  made.needs_key = false;
  return made;
}

}  // namespace

std::vector<Route> health_routes(const Readiness& readiness) {
  const Handler tell_health = [&readiness](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(health(readiness.phase()));
  };
  const Handler tell_ready = [&readiness](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond(ready(readiness.phase()));
  };
  return {route("/health", "Whether the server has started", tell_health),
          route("/v1/health", "Whether the server has started", tell_health),
          route("/ready", "Whether the server takes requests: warmed up and not draining", tell_ready)};
}

}  // namespace hearth::serve
