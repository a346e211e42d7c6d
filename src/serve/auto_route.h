// Requests that leave the choice of a model to the server: model "auto", or none where several are served. (Not the
// table of HTTP routes: that is serve/router.h.)
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/route.h"
#include "serve/exchange.h"

namespace hearth::serve {

// What of a request bears on where it goes.
struct RouteAsk {
  std::string text;                          // the last turn of the user, or the prompt
  std::string context;                       // what came before it
  std::uint32_t n_images = 0, n_sounds = 0;  // parts with content of their own
  bool has_tools = false, has_json_schema = false, audio_wanted = false;
  std::uint32_t max_tokens = 0;
  SecurityLevel security = SecurityLevel::kOpen;
  QualityWish quality = QualityWish::kUnsaid;
  std::chrono::milliseconds slo{0};
  std::string session;  // empty: none
};

struct RouteAdvice {
  std::string id;        // for what is said of the answer later
  std::string model;     // to serve it; empty: none may or can
  std::string header;    // the trace in one line
  std::string document;  // the whole trace as JSON
};

// What became of an answer.
struct RouteEnd {
  bool failed = false;
  bool aborted = false;
  std::chrono::milliseconds total{0};
};

// What clients say of an answer.
struct RouteFeedback {
  int thumbs = 0;  // -1, 0, 1
  bool retried = false;
};

// Who routes; the application gives it. Thread-safe; calls take no longer than a millisecond.
class RouteAdvisor {
 public:
  virtual ~RouteAdvisor() = default;
  // Whether a request that names this model (empty: none) leaves the choice to the server.
  [[nodiscard]] virtual bool chooses(const std::string& model) const = 0;
  // `explain_only`: nothing will be served, so nothing is to be learnt; only then the document is written.
  [[nodiscard]] virtual RouteAdvice advise(const RouteAsk& ask, bool explain_only) = 0;
  virtual void ended(const std::string& id, const RouteEnd& end) = 0;
  // NotFound: no route of this id is remembered.
  virtual Status feedback(const std::string& id, const RouteFeedback& feedback) = 0;
  // A JSON document over what was learnt.
  [[nodiscard]] virtual std::string report() const = 0;
};

// The same endpoints, with requests that leave the choice open sent to the model that the advisor names, and its trace
// in the headers x-hearth-route and x-hearth-route-id. Wishes come in the headers x-hearth-security, x-hearth-slo-ms,
// x-hearth-quality and x-hearth-session. The advisor and the clock must outlive the routes and their exchanges.
[[nodiscard]] std::vector<Route> with_auto_route(std::vector<Route> routes, RouteAdvisor& advisor, const Clock& clock);

// POST /v1/hearth/route (why a request would go where), POST /v1/hearth/feedback, GET /v1/hearth/route/report.
[[nodiscard]] std::vector<Route> auto_route_endpoints(RouteAdvisor& advisor);

}  // namespace hearth::serve
