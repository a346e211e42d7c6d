#include "serve/auto_route.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/clock.h"
#include "serve/exchange_recorder.h"

namespace hearth::serve {
namespace {

// Sends everything to one model and remembers what it was told.
class ScriptedAdvisor final : public RouteAdvisor {
 public:
  [[nodiscard]] bool chooses(const std::string& model) const override { return model.empty() || model == "auto"; }
  [[nodiscard]] RouteAdvice advise(const RouteAsk& ask, bool explain_only) override {
    asked = ask;
    explained = explain_only;
    return {"route-1", to, "target=" + to, R"({"target":"x"})"};
  }
  void ended(const std::string& id, const RouteEnd& end) override {
    ++n_ended;
    last_id = id;
    last_end = end;
  }
  Status feedback(const std::string& id, const RouteFeedback& given) override {
    if (id != "route-1") return fail(ErrorCode::kNotFound, "no such route");
    thumbs = given.thumbs;
    return {};
  }
  [[nodiscard]] std::string report() const override { return "{}"; }

  std::string to = "small";
  RouteAsk asked;
  bool explained = false;
  int n_ended = 0, thumbs = 0;
  std::string last_id;
  RouteEnd last_end;
};

class AutoRouteTest : public testing::Test {
 protected:
  // Runs the chat endpoint behind the decorator; gives the recorder.
  std::shared_ptr<ExchangeRecorder> chat(const std::string& body, Headers headers = {}) {
    std::vector<Route> routes(1);
    routes[0].method = "POST";
    routes[0].pattern = "/v1/chat/completions";
    routes[0].handler = [this](const std::shared_ptr<Exchange>& exchange) {
      seen_ = exchange->request().body;
      inner_ = exchange;
      if (answer_) exchange->respond({.status = status_, .body = "{}"});
    };
    routes = with_auto_route(std::move(routes), advisor_, clock_);
    HttpRequest request;
    request.method = "POST";
    request.body = body;
    request.headers = std::move(headers);
    auto recorder = std::make_shared<ExchangeRecorder>(std::move(request));
    routes[0].handler(recorder);
    return recorder;
  }

  ScriptedAdvisor advisor_;
  FakeClock clock_;
  std::string seen_;
  std::shared_ptr<Exchange> inner_;
  bool answer_ = true;
  unsigned status_ = 200;
};

TEST_F(AutoRouteTest, model_auto_becomes_the_advised_one_and_the_trace_is_in_the_headers) {
  const auto recorder = chat(R"({"model":"auto","messages":[{"role":"user","content":"Hello"}]})");
  EXPECT_NE(seen_.find(R"("model":"small")"), std::string::npos);
  EXPECT_EQ(advisor_.asked.text, "Hello");
  EXPECT_EQ(advisor_.n_ended, 1);
  bool traced = false;
  for (const auto& [name, value] : recorder->answer().headers) traced = traced || name == "x-hearth-route";
  EXPECT_TRUE(traced);
}

TEST_F(AutoRouteTest, a_named_model_is_left_alone) {
  (void)chat(R"({"model":"large","messages":[]})");
  EXPECT_NE(seen_.find("large"), std::string::npos);
  EXPECT_EQ(advisor_.n_ended, 0);
}

TEST_F(AutoRouteTest, the_last_turn_is_asked_and_earlier_ones_are_context) {
  (void)chat(R"({"model":"auto","tools":[{"type":"function"}],"max_tokens":9,"messages":[
    {"role":"system","content":"Be brief"},{"role":"user","content":"My IBAN is secret"},
    {"role":"assistant","content":"Noted"},
    {"role":"user","content":[{"type":"text","text":"What is it?"},{"type":"image_url","image_url":{}}]}]})",
             {{"x-hearth-security", "private"}, {"x-hearth-slo-ms", "1500"}});
  EXPECT_EQ(advisor_.asked.text, "What is it?");
  EXPECT_NE(advisor_.asked.context.find("My IBAN is secret"), std::string::npos);
  EXPECT_EQ(advisor_.asked.n_images, 1U);
  EXPECT_TRUE(advisor_.asked.has_tools);
  EXPECT_EQ(advisor_.asked.max_tokens, 9U);
  EXPECT_EQ(advisor_.asked.security, SecurityLevel::kPrivate);
  EXPECT_EQ(advisor_.asked.slo, std::chrono::milliseconds(1500));
}

TEST_F(AutoRouteTest, a_header_that_says_nothing_known_is_refused) {
  const auto recorder = chat(R"({"model":"auto"})", {{"x-hearth-security", "secret"}});
  EXPECT_EQ(recorder->answer().status, 400U);
  EXPECT_TRUE(seen_.empty());
}

TEST_F(AutoRouteTest, no_model_that_may_take_it_is_an_error) {
  advisor_.to.clear();
  const auto recorder = chat(R"({"model":"auto","messages":[]})");
  EXPECT_EQ(recorder->answer().status, 403U);
}

TEST_F(AutoRouteTest, a_failure_and_a_client_that_leaves_are_told_once) {
  status_ = 500;
  (void)chat(R"({"model":"auto"})");
  EXPECT_TRUE(advisor_.last_end.failed);
  answer_ = false;
  const auto recorder = chat(R"({"model":"auto"})");
  inner_->on_disconnect([] {});
  clock_.advance(std::chrono::milliseconds(250));
  recorder->disconnect();
  EXPECT_TRUE(advisor_.last_end.aborted);
  EXPECT_EQ(advisor_.last_end.total, std::chrono::milliseconds(250));
  EXPECT_EQ(advisor_.n_ended, 2);
}

TEST_F(AutoRouteTest, feedback_reaches_the_advisor_and_an_unknown_id_is_not_found) {
  const auto routes = auto_route_endpoints(advisor_);
  const auto post = [&](const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.body = body;
    auto recorder = std::make_shared<ExchangeRecorder>(std::move(request));
    routes[1].handler(recorder);
    return recorder->answer().status;
  };
  EXPECT_EQ(post(R"({"id":"route-1","thumbs":"down"})"), 200U);
  EXPECT_EQ(advisor_.thumbs, -1);
  EXPECT_EQ(post(R"({"id":"route-9"})"), 404U);
  EXPECT_EQ(post(R"({"thumbs":"up"})"), 400U);
}

}  // namespace
}  // namespace hearth::serve
