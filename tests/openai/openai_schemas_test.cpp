// The schemas of the OpenAI endpoints describe what the endpoints really take and give: each sample is put to both.
#include <gtest/gtest.h>

#include "catalog/schema_check.h"
#include "serve/exchange_recorder.h"
#include "serve/openai_routes.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

struct Sample {
  const char* pattern;
  bool good;
  const char* body;
};

constexpr const char* kChat = "/v1/chat/completions";
constexpr const char* kText = "/v1/completions";
constexpr const char* kResponses = "/v1/responses";
constexpr const char* kEmbeddings = "/v1/embeddings";

const Sample kSamples[] = {
    {kChat, true, R"({"model":"tiny","messages":[{"role":"user","content":"hi"}]})"},
    {kChat, true,
     R"({"messages":[{"role":"developer","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]},
      {"role":"assistant","content":null,"tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
      {"role":"tool","tool_call_id":"c","content":"d"}],"n":2,"temperature":0,"top_p":1,"top_k":-1,"seed":null,"stop":["x"],
      "logit_bias":{"1":-100},"logprobs":true,"top_logprobs":20,"response_format":{"type":"json_schema","json_schema":
      {"name":"n","schema":{"type":"object"},"strict":true}},"stream":true,"stream_options":{"include_usage":true},
      "priority":-1,"truncation":"auto","adapters":[{"name":"a","scale":0.5}],"timeout_s":1,"reasoning_effort":"low"})"},
    {kChat, true, R"({"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function","function":{"name":"f"}}],
      "tool_choice":{"type":"function","function":{"name":"f"}},"max_tokens":1,"priority":"background","unknown":1})"},
    {kChat, false, R"({"model":"tiny"})"},
    {kChat, false, R"({"messages":[]})"},
    {kChat, false, R"({"messages":[{"role":"king","content":"x"}]})"},
    {kChat, false, R"({"messages":[{"content":"x"}]})"},
    {kChat, false, R"({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"max_tokens":-1})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"temperature":2.5})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"top_k":-2})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"n":129})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"stop":""})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"tools":[{"type":"custom","custom":{"name":"x"}}]})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"tool_choice":"some"})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"response_format":{"type":"yaml"}})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"stream":"yes"})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"truncation":"middle"})"},
    {kChat, false, R"({"messages":[{"role":"user","content":"x"}],"logit_bias":{"1":200}})"},
    {kText, true, R"({"model":"tiny","prompt":"a"})"},
    {kText, true, R"({"prompt":["a","b"],"echo":true,"best_of":1,"suffix":null})"},
    {kText, true, R"({"prompt":[1,2,3],"logprobs":5})"},
    {kText, true, R"({"prompt":[[1],[2]],"max_tokens":9,"stream":true})"},
    {kText, false, R"({"model":"tiny"})"},
    {kText, false, R"({"prompt":[]})"},
    {kText, false, R"({"prompt":{"a":1}})"},
    {kText, false, R"({"prompt":[-1]})"},
    {kText, false, R"({"prompt":"a","logprobs":21})"},
    {kText, false, R"({"prompt":"a","max_tokens":0})"},
    {kResponses, true, R"({"model":"tiny","input":"a","store":false})"},
    {kResponses, true, R"({"input":[{"role":"user","content":[{"type":"input_text","text":"a"}]},
      {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"t"}]},
      {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
      {"type":"function_call_output","call_id":"c","output":"x"}],"tools":[{"type":"function","name":"f","parameters":null}],
      "tool_choice":{"type":"function","name":"f"},"text":{"format":{"type":"json_object"}},"reasoning":{"effort":"low"},
      "include":["message.output_text.logprobs"],"top_logprobs":2,"max_output_tokens":5,"stream":true})"},
    {kResponses, false, R"({"model":"tiny"})"},
    {kResponses, false, R"({"input":[]})"},
    {kResponses, false, R"({"input":[{"type":"web_search_call"}]})"},
    {kResponses, false, R"({"input":"a","tools":[{"type":"web_search"}]})"},
    {kResponses, false, R"({"input":"a","max_output_tokens":0})"},
    {kResponses, false, R"({"input":"a","reasoning":{"effort":"huge"}})"},
    {kResponses, false, R"({"input":"a","text":{"format":{"type":"xml"}}})"},
    {kEmbeddings, true, R"({"model":"tiny","input":"a","dimensions":2,"encoding_format":"float"})"},
    {kEmbeddings, true, R"({"model":"tiny","input":[[1,2],[3]],"encoding_format":"base64"})"},
    {kEmbeddings, false, R"({"model":"tiny"})"},
    {kEmbeddings, false, R"({"input":"a"})"},
    {kEmbeddings, false, R"({"model":"tiny","input":""})"},
    {kEmbeddings, false, R"({"model":"tiny","input":"a","dimensions":0})"},
};

class OpenAiSchemas : public ::testing::Test {
 protected:
  OpenAiSchemas() {
    Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 2, .notices = {"cut"}}};
    TextDelta delta = content_delta("x");
    delta.events.push_back({.kind = OutputKind::kReasoning, .text = "y"});
    delta.events.push_back({.kind = OutputKind::kCallStart, .call_index = 0, .call_id = "c", .call_name = "f"});
    delta.events.push_back({.kind = OutputKind::kCallEnd, .call_index = 0});
    delta.logprobs = {
        {.chosen = {.token = 1, .bytes = "x", .logprob = -1}, .top = {{.token = 1, .bytes = "x", .logprob = -1}}}};
    script.emplace_back(delta);
    script.emplace_back(choice_end());
    script.emplace_back(text_end(2, 1));
    service_.will_play(script);
  }
  const Route& route(const std::string& method, const std::string& pattern) {
    for (const Route& route : routes_)
      if (route.method == method && route.pattern == pattern) return route;
    throw std::runtime_error("no route " + pattern);
  }
  RecordedAnswer ask(const Route& route, HttpRequest request) {
    const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
    route.handler(exchange);
    return exchange->answer();
  }
  static SchemaCheck compiled(const std::string& schema) {
    auto check = SchemaCheck::compile("endpoint", schema);
    if (!check) throw std::runtime_error(check.error().message);
    return std::move(*check);
  }
  static std::string fault(const SchemaCheck& check, const std::string& json) {
    const auto status = check.check(nlohmann::json::parse(json));
    return status ? "" : status.error().message;
  }

  ScriptedService service_;
  FakeClock clock_;
  const std::vector<Route> routes_ = openai_routes(service_, clock_, {});
};

TEST_F(OpenAiSchemas, schema_and_endpoint_agree_on_each_request) {
  for (const Sample& sample : kSamples) {
    const Route& route = this->route("POST", sample.pattern);
    HttpRequest request;
    request.body = sample.body;
    EXPECT_EQ(ask(route, request).status, sample.good ? 200U : 400U) << sample.body;
    const std::string found = fault(compiled(route.request_schema), sample.body);
    EXPECT_EQ(found.empty(), sample.good) << sample.body << "\n" << found;
  }
}

TEST_F(OpenAiSchemas, answers_follow_their_schemas) {
  for (const Sample& sample : kSamples) {
    if (!sample.good) continue;
    const Route& route = this->route("POST", sample.pattern);
    HttpRequest request;
    request.body = sample.body;
    const RecordedAnswer answer = ask(route, request);
    if (answer.streamed) continue;
    EXPECT_EQ(fault(compiled(route.response_schema), answer.body), "") << answer.body;
  }
  EXPECT_EQ(fault(compiled(route("GET", "/v1/models").response_schema), ask(route("GET", "/v1/models"), {}).body), "");
  HttpRequest one;
  one.parameters["id"] = "tiny";
  const Route& model = route("GET", "/v1/models/{id...}");
  EXPECT_EQ(fault(compiled(model.response_schema), ask(model, one).body), "");
}

TEST_F(OpenAiSchemas, each_route_says_what_it_is) {
  for (const Route& route : routes_) {
    EXPECT_FALSE(route.summary.empty()) << route.pattern;
    EXPECT_EQ(route.tag, "openai") << route.pattern;
    EXPECT_TRUE(route.needs_key) << route.pattern;
    EXPECT_EQ(route.request_schema.empty(), route.method != "POST") << route.pattern;
    EXPECT_FALSE(route.response_schema.empty()) << route.pattern;
  }
}

}  // namespace
}  // namespace hearth::serve
