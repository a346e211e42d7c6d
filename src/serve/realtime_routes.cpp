#include "serve/realtime_routes.h"

#include <atomic>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "serve/hearth_model_choice.h"
#include "serve/realtime_session.h"

namespace hearth::serve {
namespace {

constexpr const char* kPattern = "/v1/realtime";

}  // namespace

class RealtimeSessions::Work {
 public:
  Work(const RealtimeParts& parts, const RealtimeLimits& limits)
      : parts_(parts),
        limits_(limits),
        ids_(parts.id_seed),
        open_(parts.metrics.gauge("hearth_realtime_sessions", "Realtime sessions that are open")) {}
  ~Work() {
    for (auto& each : running_) each.thread.join();
  }

  [[nodiscard]] Status admit(const HttpRequest& request) {
    HEARTH_TRY(model_of(request));
    const std::lock_guard lock(gate_);
    reap();
    if (running_.size() >= limits_.sessions)
      return fail(Error(ErrorCode::kOverloaded, std::to_string(running_.size()) + " realtime sessions are open already",
                        "try again later")
                      .with("retry_after_s", "5"));
    return {};
  }

  void open(std::shared_ptr<WebSocket> socket) {
    const std::lock_guard lock(gate_);
    running_.emplace_back();
    Running& own = running_.back();
    own.thread = std::thread([this, &own, socket = std::move(socket)] {
      serve(socket);
      own.over = true;
    });
  }

 private:
  struct Running {
    std::thread thread;
    std::atomic<bool> over{false};
  };

  // Joins those that are over; the gate is held.
  void reap() {
    std::erase_if(running_, [](Running& each) {
      if (!each.over) return false;
      each.thread.join();
      return true;
    });
  }

  [[nodiscard]] Result<ModelFacts> model_of(const HttpRequest& request) const {
    auto facts = chosen_model(parts_.service, query_value(request, "model"));
    if (!facts) return fail(Error(facts.error()).with("param", "model").with("code", "model_not_found"));
    if (facts->kind != ModelKind::kText || facts->embeds_only)
      return fail(field_error("model", "must be a model that writes text", "GET /v1/models lists what is here"));
    return facts;
  }

  void serve(const std::shared_ptr<WebSocket>& socket) {
    const auto model = model_of(socket->request());
    if (!model) return socket->close(CloseCode::kPolicy, "the model is gone");
    RealtimeOffer offer{model->name, parts_.listening.models(), nullptr};
    std::shared_ptr<Speaker> speaker;
    if (parts_.voices != nullptr && !parts_.voices->speakers().empty()) {
      speaker = parts_.voices->speakers().front().speaker;
      offer.voice = &speaker->facts();
    }
    open_.add(1);
    RealtimeSession(parts_, ids_, socket, std::move(offer), speaker).run();
    open_.add(-1);
  }

  const RealtimeParts parts_;
  const RealtimeLimits limits_;
  AnswerIds ids_;
  Gauge& open_;
  std::mutex gate_;
  std::list<Running> running_;
};

RealtimeSessions::RealtimeSessions(const RealtimeParts& parts, const RealtimeLimits& limits)
    : work_(std::make_unique<Work>(parts, limits)) {}

RealtimeSessions::~RealtimeSessions() = default;

WebSocketRoute RealtimeSessions::web_socket() {
  return {kPattern, [this](const HttpRequest& request) { return work_->admit(request); },
          [this](std::shared_ptr<WebSocket> socket) { work_->open(std::move(socket)); }, "realtime"};
}

std::vector<Route> RealtimeSessions::routes() const {
  Route route{.method = "GET",
              .pattern = kPattern,
              .summary = "A conversation by voice: a WebSocket of OpenAI's Realtime events",
              .handler = {}};
  route.handler = [](const std::shared_ptr<Exchange>& exchange) {
    exchange->respond_error(Error(ErrorCode::kInvalidArgument, "this is a WebSocket: the request asks for none",
                                  "open it as ws:// or wss:// with a client of the Realtime API")
                                .with("http_status", "426"));
  };
  route.tag = "openai";
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

}  // namespace hearth::serve
