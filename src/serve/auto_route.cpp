#include "serve/auto_route.h"

#include <atomic>
#include <utility>

#include "serve/auto_route_ask.h"
#include "serve/json_reader.h"

namespace hearth::serve {
namespace {

// The exchange of a routed request: its body names the model, its answer carries the trace, and its end is told to the
// advisor once. Thread-safe as the exchange below it.
class RoutedExchange final : public Exchange {
 public:
  RoutedExchange(std::shared_ptr<Exchange> below, HttpRequest request, RouteAdvice advice, RouteAdvisor& advisor,
                 const Clock& clock)
      : below_(std::move(below)),
        request_(std::move(request)),
        end_(std::make_shared<End>(advisor, clock, advice.id)),
        headers_{{"x-hearth-route", std::move(advice.header)}, {"x-hearth-route-id", std::move(advice.id)}} {}

  [[nodiscard]] const HttpRequest& request() const override { return request_; }

  void respond(HttpResponse response) override {
    end_->tell(response.status >= 400, false);
    response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
    below_->respond(std::move(response));
  }
  void respond_error(const Error& error) override {
    // What the client asked wrongly says nothing of the target.
    if (error.code != ErrorCode::kInvalidArgument) end_->tell(true, false);
    below_->respond_error(error);
  }
  void start_stream(std::string content_type, Headers headers) override {
    headers.insert(headers.end(), headers_.begin(), headers_.end());
    below_->start_stream(std::move(content_type), std::move(headers));
  }
  bool write(std::string bytes) override { return below_->write(std::move(bytes)); }
  void end_stream() override {
    end_->tell(false, false);
    below_->end_stream();
  }
  void on_disconnect(std::function<void()> callback) override {
    below_->on_disconnect([end = end_, callback = std::move(callback)] {
      end->tell(false, true);
      if (callback) callback();
    });
  }

 private:
  // Outlives the exchange where the client leaves later.
  struct End {
    End(RouteAdvisor& to, const Clock& time, std::string route_id)
        : advisor(to), clock(time), id(std::move(route_id)), begun(time.now()) {}
    void tell(bool failed, bool aborted) {
      if (told.exchange(true)) return;
      const auto total = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - begun);
      advisor.ended(id, {failed, aborted, total});
    }
    RouteAdvisor& advisor;
    const Clock& clock;
    const std::string id;
    const std::chrono::steady_clock::time_point begun;
    std::atomic<bool> told{false};
  };

  std::shared_ptr<Exchange> below_;
  HttpRequest request_;
  std::shared_ptr<End> end_;  // shared with the callback of a client that leaves
  Headers headers_;
};

bool takes_a_model(const Route& route) {
  return route.method == "POST" && (route.pattern == "/v1/chat/completions" || route.pattern == "/v1/completions" ||
                                    route.pattern == "/v1/responses" || route.pattern == "/v1/messages");
}

void respond_document(Exchange& exchange, std::string document) {
  exchange.respond({.body = std::move(document), .headers = {{"cache-control", "no-store"}}});
}

void handle(const Handler& inner, RouteAdvisor& advisor, const Clock& clock, std::shared_ptr<Exchange> exchange) {
  auto body = parse_json_object(exchange->request().body);
  if (!body) return inner(std::move(exchange));  // refused there, in its own dialect
  const auto named = body->find("model");
  const bool absent = named == body->end() || named->is_null();
  if (!absent && !named->is_string()) return inner(std::move(exchange));
  if (!advisor.chooses(absent ? std::string() : named->get<std::string>())) return inner(std::move(exchange));
  auto ask = read_route_ask(*body, exchange->request());
  if (!ask) return exchange->respond_error(ask.error());
  RouteAdvice advice = advisor.advise(*ask, false);
  if (advice.model.empty())
    return exchange->respond_error(Error(ErrorCode::kForbidden,
                                         "no model here may or can take this request: " + advice.header,
                                         "POST it to /v1/hearth/route to see why, or name a model"));
  HttpRequest request = exchange->request();
  (*body)["model"] = advice.model;
  request.body = body->dump(-1, ' ', false, Json::error_handler_t::replace);
  inner(std::make_shared<RoutedExchange>(std::move(exchange), std::move(request), std::move(advice), advisor, clock));
}

void explain(RouteAdvisor& advisor, Exchange& exchange) {
  auto body = parse_json_object(exchange.request().body);
  if (!body) return exchange.respond_error(body.error());
  auto ask = read_route_ask(*body, exchange.request());
  if (!ask) return exchange.respond_error(ask.error());
  RouteAdvice advice = advisor.advise(*ask, true);
  exchange.respond({.body = std::move(advice.document),
                    .headers = {{"cache-control", "no-store"}, {"x-hearth-route", std::move(advice.header)}}});
}

void take_feedback(RouteAdvisor& advisor, Exchange& exchange) {
  auto json = parse_json_object(exchange.request().body);
  if (!json) return exchange.respond_error(json.error());
  ReadingNotes notes;
  ObjectReader body(*json, "", notes);
  std::string id;
  RouteFeedback feedback;
  if (!body.text("id", id) && !body.failed()) body.refuse("id", "is missing", "it is the answer's x-hearth-route-id");
  if (const auto thumbs = body.one_of("thumbs", {"up", "down"})) feedback.thumbs = *thumbs == 0 ? 1 : -1;
  body.flag("retried", feedback.retried);
  body.note_rest();
  if (auto status = notes.status(); !status) return exchange.respond_error(status.error());
  if (auto taken = advisor.feedback(id, feedback); !taken) return exchange.respond_error(taken.error());
  respond_document(exchange, R"({"taken":true})");
}

}  // namespace

std::vector<Route> with_auto_route(std::vector<Route> routes, RouteAdvisor& advisor, const Clock& clock) {
  for (Route& route : routes) {
    if (!takes_a_model(route)) continue;
    route.handler = [inner = std::move(route.handler), &advisor, &clock](std::shared_ptr<Exchange> exchange) {
      handle(inner, advisor, clock, std::move(exchange));
    };
  }
  return routes;
}

std::vector<Route> auto_route_endpoints(RouteAdvisor& advisor) {
  std::vector<Route> routes(3);
  routes[0] = {.method = "POST",
               .pattern = "/v1/hearth/route",
               .summary = "Where a request would go, and why: a body as of chat completions, or {\"text\"}",
               .handler = [&advisor](const std::shared_ptr<Exchange>& exchange) { explain(advisor, *exchange); }};
  routes[0].request_schema = R"({"type":"object"})";
  routes[0].response_schema = R"({"type":"object","required":["target","stage","intent","candidates","times"]})";
  routes[1] = {.method = "POST",
               .pattern = "/v1/hearth/feedback",
               .summary = "What somebody thought of an answer: thumbs, or that the question came again",
               .handler = [&advisor](const std::shared_ptr<Exchange>& exchange) { take_feedback(advisor, *exchange); }};
  routes[1].request_schema =
      R"({"type":"object","required":["id"],"properties":{"id":{"type":"string"},"thumbs":{"enum":["up","down"]},)"
      R"("retried":{"type":"boolean"}}})";
  routes[1].response_schema = R"({"type":"object","required":["taken"]})";
  routes[2] = {.method = "GET",
               .pattern = "/v1/hearth/route/report",
               .summary = "What came of the routes on this machine",
               .handler = [&advisor](const std::shared_ptr<Exchange>& exchange) {
                 respond_document(*exchange, advisor.report());
               }};
  routes[2].response_schema = R"({"type":"object","required":["routes","explored","outcomes"]})";
  for (Route& route : routes) route.tag = "hearth";
  return routes;
}

}  // namespace hearth::serve
