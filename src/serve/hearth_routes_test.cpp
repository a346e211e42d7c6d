#include "serve/hearth_routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "serve/exchange_recorder.h"
#include "serve/router.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

using nlohmann::json;

// The routes over a scripted service, asked as the server would.
struct Asked {
  ScriptedService service;
  HearthSources sources{.service = &service, .sensors = {}, .plan = {}, .ledger = {}, .openapi = {}};

  RecordedAnswer ask(const std::string& method, const std::string& url, std::string body = {}) {
    const auto router = Router::create(hearth_routes(sources));
    const auto target = parse_target(url);
    HttpRequest request;
    request.method = method;
    request.path = target->path;
    request.query = target->query;
    request.body = std::move(body);
    const auto match = router->match(method, *target);
    if (!match) {
      RecordedAnswer none;
      none.status = http_status_of(match.error());
      return none;
    }
    request.parameters = match->parameters;
    const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
    match->route->handler(exchange);
    EXPECT_EQ(exchange->answer().n_faults, 0);
    return exchange->answer();
  }
};

ModelFacts model_with_adapter(const std::string& name) {
  ModelFacts facts;
  facts.name = name;
  facts.adapters = {{"poet", "poet.gguf", true}};
  return facts;
}

TEST(HearthRoutes, tell_status_with_the_sensors_of_the_application) {
  Asked asked;
  asked.sources.sensors = [] { return std::vector<SensorReading>{{"board", 40, "degC"}}; };
  const auto answer = asked.ask("GET", "/v1/hearth/status");
  EXPECT_EQ(answer.status, 200U);
  const auto document = json::parse(answer.body);
  EXPECT_EQ(document["models"][0]["name"], "tiny");
  EXPECT_EQ(document["sensors"]["board"]["value"], 40);
}

TEST(HearthRoutes, tell_placement) {
  Asked asked;
  const auto answer = asked.ask("GET", "/v1/hearth/placement");
  EXPECT_EQ(json::parse(answer.body)["models"][0]["placement"], json::array());
}

TEST(HearthRoutes, give_the_plan_as_it_is) {
  Asked asked;
  asked.sources.plan = [] { return Result<std::string>(R"({"choices":[]})"); };
  EXPECT_EQ(asked.ask("GET", "/v1/hearth/plan").body, R"({"choices":[]})");
}

TEST(HearthRoutes, without_a_plan_say_how_to_make_one) {
  Asked asked;
  const auto answer = asked.ask("GET", "/v1/hearth/plan");
  EXPECT_EQ(answer.status, 404U);
  EXPECT_NE(answer.body.find("hearth up"), std::string::npos);
}

TEST(HearthRoutes, pass_on_why_the_ledger_can_not_be_read) {
  Asked asked;
  EXPECT_EQ(asked.ask("GET", "/v1/hearth/ledger").body, R"({"records":[]})");
  asked.sources.ledger = [] { return Result<std::string>(fail(ErrorCode::kIo, "the ledger is locked")); };
  const auto answer = asked.ask("GET", "/v1/hearth/ledger");
  EXPECT_EQ(answer.status, 500U);
  EXPECT_NE(answer.body.find("the ledger is locked"), std::string::npos);
}

TEST(HearthRoutes, have_the_openapi_document_when_given) {
  Asked asked;
  EXPECT_EQ(asked.ask("GET", "/openapi.json").status, 404U);
  asked.sources.openapi = [] { return std::string(R"({"openapi":"3.1.0","paths":{}})"); };
  EXPECT_EQ(asked.ask("GET", "/openapi.json").body, R"({"openapi":"3.1.0","paths":{}})");
}

TEST(HearthAdapters, are_listed_by_model) {
  Asked asked;
  asked.service.set_models({model_with_adapter("a"), model_with_adapter("b")});
  EXPECT_EQ(json::parse(asked.ask("GET", "/v1/hearth/adapters").body)["adapters"].size(), 2U);
  const auto of_b = json::parse(asked.ask("GET", "/v1/hearth/adapters?model=b").body)["adapters"];
  ASSERT_EQ(of_b.size(), 1U);
  EXPECT_EQ(of_b[0], (json{{"model", "b"}, {"name", "poet"}, {"path", "poet.gguf"}, {"loaded", true}}));
  EXPECT_EQ(asked.ask("GET", "/v1/hearth/adapters?model=c").status, 404U);
}

TEST(HearthAdapters, are_loaded_into_the_only_model_or_the_named_one) {
  Asked asked;
  const auto answer = asked.ask("POST", "/v1/hearth/adapters", R"({"name":"poet","path":"p.gguf"})");
  EXPECT_EQ(answer.body, R"({"model":"tiny","name":"poet","loaded":true})");
  (void)asked.ask("POST", "/v1/hearth/adapters", R"({"model":"small","name":"x","path":"x.gguf"})");
  EXPECT_EQ(asked.service.adapter_calls(), (std::vector<std::string>{"load tiny poet p.gguf", "load tiny x x.gguf"}));
}

TEST(HearthAdapters, need_the_model_where_there_are_several) {
  Asked asked;
  asked.service.set_models({model_with_adapter("a"), model_with_adapter("b")});
  const auto answer = asked.ask("POST", "/v1/hearth/adapters", R"({"name":"x","path":"x.gguf"})");
  EXPECT_EQ(answer.status, 400U);
  EXPECT_NE(answer.body.find("give one of a, b"), std::string::npos);
}

TEST(HearthAdapters, name_the_field_that_is_wrong) {
  Asked asked;
  EXPECT_NE(asked.ask("POST", "/v1/hearth/adapters", R"({"path":"x"})").body.find("name is missing"),
            std::string::npos);
  EXPECT_NE(asked.ask("POST", "/v1/hearth/adapters", R"({"name":"x","path":7})").body.find("path must be a string"),
            std::string::npos);
  EXPECT_EQ(asked.ask("POST", "/v1/hearth/adapters", "[]").status, 400U);
}

TEST(HearthAdapters, are_unloaded_by_name) {
  Asked asked;
  const auto answer = asked.ask("DELETE", "/v1/hearth/adapters/poets/dickinson?model=small");
  EXPECT_EQ(answer.body, R"({"model":"tiny","name":"poets/dickinson","loaded":false})");
  EXPECT_EQ(asked.service.adapter_calls(), (std::vector<std::string>{"unload tiny poets/dickinson"}));
}

}  // namespace
}  // namespace hearth::serve
