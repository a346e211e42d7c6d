#include <gtest/gtest.h>

#include <cstring>

#include "engine/tensor_fixture.h"
#include "serve/exchange_recorder.h"
#include "serve/json_reader.h"
#include "serve/kserve_request.h"
#include "serve/kserve_routes.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

// The routes over an engine with one graph, x -> 2x + 1.
class Kserve : public TensorEngineTest {
 protected:
  Kserve() {
    provider_.offer("doubler", {.script = doubling_script(3, true), .batch_max = 4});
    readiness_.become_ready();
    routes_ = kserve_routes({engine(), service_, engine().copies(), readiness_, "9.9"});
  }
  RecordedAnswer ask(const std::string& method, const std::string& pattern, HttpRequest request) {
    for (const Route& route : routes_) {
      if (route.method != method || route.pattern != pattern) continue;
      auto exchange = std::make_shared<ExchangeRecorder>(std::move(request), route.errors);
      route.handler(exchange);
      EXPECT_TRUE(exchange->wait_ended());
      return exchange->answer();
    }
    ADD_FAILURE() << "there is no route " << pattern;
    return {};
  }
  RecordedAnswer infer(std::string body, const std::string& header_length = {}) {
    HttpRequest request;
    request.body = std::move(body);
    request.parameters["model"] = "doubler";
    if (!header_length.empty()) request.headers.emplace_back("inference-header-content-length", header_length);
    return ask("POST", "/v2/models/{model}/infer", std::move(request));
  }

  ScriptedService service_;
  Readiness readiness_;
  std::vector<Route> routes_;
};

TEST_F(Kserve, json_tensors_go_in_and_come_out) {
  const auto answer =
      infer(R"({"id":"7","inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[[1,2.5,-3]]}]})");
  ASSERT_EQ(answer.status, 200U) << answer.body;
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(body["model_name"], "doubler");
  EXPECT_EQ(body["id"], "7");
  EXPECT_EQ(body["outputs"][0]["name"], "y");
  EXPECT_EQ(body["outputs"][0]["datatype"], "FP32");
  EXPECT_EQ(body["outputs"][0]["shape"], Json({1, 3}));
  EXPECT_EQ(body["outputs"][0]["data"], Json({3.0, 6.0, -5.0}));
}

TEST_F(Kserve, binary_tensors_follow_the_json_both_ways) {
  const float values[] = {1, 2, 3};
  std::string json = R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}],)"
                     R"("outputs":[{"name":"y","parameters":{"binary_data":true}}]})";
  const std::string length = std::to_string(json.size());
  const auto answer = infer(json + std::string(reinterpret_cast<const char*>(values), 12), length);
  ASSERT_EQ(answer.status, 200U) << answer.body;
  EXPECT_EQ(answer.content_type, "application/octet-stream");
  ASSERT_EQ(answer.headers.size(), 1U);
  EXPECT_EQ(answer.headers[0].first, "inference-header-content-length");
  const auto size = std::stoul(answer.headers[0].second);
  const Json body = Json::parse(answer.body.substr(0, size));
  EXPECT_EQ(body["outputs"][0]["parameters"]["binary_data_size"], 12);
  ASSERT_EQ(answer.body.size(), size + 12);
  float got[3];
  std::memcpy(got, answer.body.data() + size, 12);
  EXPECT_EQ(got[0], 3);
  EXPECT_EQ(got[2], 7);
}

TEST_F(Kserve, copies_to_and_from_bodies_are_counted) {
  (void)infer(R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]})");
  const std::string text = metrics_.prometheus_text();
  EXPECT_NE(text.find(R"(hearth_tensor_copy_bytes_total{from="request",to="cpu",why="request body"} 12)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(from="cpu",to="response",why="response body"} 12)"), std::string::npos);
}

TEST_F(Kserve, metadata_names_ports_and_types) {
  HttpRequest request;
  request.parameters["model"] = "doubler";
  const auto answer = ask("GET", "/v2/models/{model}", request);
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(body["inputs"][0]["name"], "x");
  EXPECT_EQ(body["inputs"][0]["datatype"], "FP32");
  EXPECT_EQ(body["inputs"][0]["shape"], Json({-1, 3}));
  request.parameters["version"] = "2";
  EXPECT_EQ(ask("GET", "/v2/models/{model}/versions/{version}", request).status, 404U);
}

TEST_F(Kserve, health_follows_the_servers_phase) {
  EXPECT_EQ(ask("GET", "/v2/health/ready", {}).status, 200U);
  readiness_.become_draining();
  EXPECT_EQ(ask("GET", "/v2/health/ready", {}).status, 503U);
  EXPECT_EQ(ask("GET", "/v2/health/live", {}).status, 200U);
}

TEST_F(Kserve, what_is_wrong_is_named) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({})", "inputs"},
      {R"({"inputs":[]})", "inputs"},
      {R"({"inputs":[{"name":"z","shape":[1,3],"datatype":"FP32","data":[1,2,3]}]})", "no input of the model"},
      {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"INT8","data":[1,2,3]}]})", "FP32"},
      {R"({"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]})", "shape"},
      {R"({"inputs":[{"name":"x","shape":[0,3],"datatype":"FP32","data":[]}]})", "empty"},
      {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2]}]})", "bytes"},
      {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,"a",2]}]})", "no number"},
      {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32"}]})", "no data"},
      {R"({"inputs":[{"name":"x","shape":[-1,3],"datatype":"FP32","data":[]}]})", "shape"},
      {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[1,2,3]}],"outputs":[{"name":"q"}]})",
       "no output"},
      {R"({"inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}}]})", "binary"},
  };
  for (const auto& [body, word] : cases) {
    const auto answer = infer(body);
    EXPECT_EQ(answer.status, 400U) << body << answer.body;
    const Json error = Json::parse(answer.body);
    ASSERT_TRUE(error["error"].is_string()) << answer.body;
    EXPECT_NE(error["error"].get<std::string>().find(word), std::string::npos) << body << answer.body;
  }
  EXPECT_EQ(infer("{}", "99999").status, 400U);
  HttpRequest unknown;
  unknown.parameters["model"] = "none";
  EXPECT_EQ(ask("POST", "/v2/models/{model}/infer", unknown).status, 404U);
}

}  // namespace
}  // namespace hearth::serve
