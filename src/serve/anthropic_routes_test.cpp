#include "serve/anthropic_routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "serve/anthropic_answer.h"
#include "serve/exchange_recorder.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

using nlohmann::json;

struct SseEvent {
  std::string type;
  json data;
};

std::vector<SseEvent> events_of(const std::string& body) {
  std::vector<SseEvent> events;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = body.find("\n\n", at);
    const auto middle = body.find("\ndata: ", at);
    if (end == std::string::npos || middle == std::string::npos || body.compare(at, 7, "event: ") != 0) {
      ADD_FAILURE() << "no event: " << body.substr(at);
      break;
    }
    events.push_back({body.substr(at + 7, middle - at - 7), json::parse(body.substr(middle + 7, end - middle - 7))});
    EXPECT_EQ(events.back().type, events.back().data["type"]);
    at = end + 2;
  }
  return events;
}

// "content_block_delta:text_delta" and so on.
std::vector<std::string> order_of(const std::vector<SseEvent>& events) {
  std::vector<std::string> order;
  for (const auto& [type, data] : events) {
    order.push_back(type);
    if (type == "content_block_start") order.back() += ":" + data["content_block"]["type"].get<std::string>();
    if (type == "content_block_delta") order.back() += ":" + data["delta"]["type"].get<std::string>();
  }
  return order;
}

struct Served {
  ScriptedService service;
  FakeClock clock;
  OpenAiServing serving{service, clock, "test", 1};
  std::shared_ptr<ExchangeRecorder> exchange;

  RecordedAnswer post(const std::string& pattern, const std::string& body) {
    HttpRequest request;
    request.body = body;
    request.id = "req-1";
    exchange = std::make_shared<ExchangeRecorder>(std::move(request), ErrorForm::kAnthropic);
    for (const auto& route : anthropic_routes(serving))
      if (route.pattern == pattern) route.handler(exchange);
    EXPECT_EQ(exchange->answer().n_faults, 0);
    return exchange->answer();
  }
  RecordedAnswer message(const std::string& members = {}) {
    return post("/v1/messages", R"({"model":"small","max_tokens":64,"messages":[{"role":"user","content":"Hi"}])" +
                                    (members.empty() ? "" : "," + members) + "}");
  }
};

OutputEvent call_start(std::uint32_t index, const std::string& id, const std::string& name) {
  return {.kind = OutputKind::kCallStart, .text = {}, .call_index = index, .call_id = id, .call_name = name};
}
OutputEvent call_arguments(std::uint32_t index, const std::string& text) {
  return {.kind = OutputKind::kCallArguments, .text = text, .call_index = index};
}
OutputEvent call_end(std::uint32_t index, bool malformed = false) {
  return {.kind = OutputKind::kCallEnd,
          .text = {},
          .call_index = index,
          .call_id = {},
          .call_name = {},
          .malformed = malformed};
}
TextDelta delta_of(std::vector<OutputEvent> events) {
  return {.choice = 0, .tokens = {1}, .events = std::move(events), .logprobs = {}};
}

// Thinks, speaks, calls twice.
Script agent_script() {
  Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 20, .notices = {}}};
  script.emplace_back(content_delta("Let me", 0, OutputKind::kReasoning));
  script.emplace_back(content_delta(" see.", 0, OutputKind::kReasoning));
  script.emplace_back(content_delta("Looking \"up\"."));
  script.emplace_back(delta_of({call_start(0, "call_a", "weather"), call_arguments(0, "{\"city\":")}));
  script.emplace_back(delta_of({call_arguments(0, "\"Oslo\"}"), call_end(0), call_start(1, "call_b", "clock")}));
  script.emplace_back(delta_of({call_end(1)}));
  script.emplace_back(choice_end());
  script.emplace_back(text_end(20, 6, 12));
  return script;
}

TEST(AnthropicMessages, answers_with_one_message) {
  Served served;
  served.service.will_play(answer_script({"Hello", " world"}));
  const auto answer = served.message();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(answer.content_type, "application/json");
  const auto message = json::parse(answer.body);
  EXPECT_EQ(message["id"].get<std::string>().substr(0, 4), "msg_");
  EXPECT_EQ(message["type"], "message");
  EXPECT_EQ(message["role"], "assistant");
  EXPECT_EQ(message["model"], "tiny");
  EXPECT_EQ(message["content"], (json{{{"type", "text"}, {"text", "Hello world"}}}));
  EXPECT_EQ(message["stop_reason"], "end_turn");
  EXPECT_EQ(message["stop_sequence"], nullptr);
  EXPECT_EQ(message["usage"], (json{{"input_tokens", 7},
                                    {"cache_creation_input_tokens", 0},
                                    {"cache_read_input_tokens", 0},
                                    {"output_tokens", 2}}));
  EXPECT_FALSE(message.contains("hearth"));
}

TEST(AnthropicMessages, gives_thought_text_and_calls_as_blocks) {
  Served served;
  served.service.will_play(agent_script());
  const auto message = json::parse(served.message().body);
  const json blocks = {{{"type", "thinking"}, {"thinking", "Let me see."}, {"signature", kThinkingSignature}},
                       {{"type", "text"}, {"text", "Looking \"up\"."}},
                       {{"type", "tool_use"}, {"id", "call_a"}, {"name", "weather"}, {"input", {{"city", "Oslo"}}}},
                       {{"type", "tool_use"}, {"id", "call_b"}, {"name", "clock"}, {"input", json::object()}}};
  EXPECT_EQ(message["content"], blocks);
  EXPECT_EQ(message["stop_reason"], "tool_use");
  EXPECT_EQ(message["usage"]["input_tokens"], 8);
  EXPECT_EQ(message["usage"]["cache_read_input_tokens"], 12);
}

TEST(AnthropicMessages, streams_events_in_the_order_of_the_api) {
  Served served;
  served.service.will_play(agent_script());
  const auto answer = served.message(R"("stream":true)");
  EXPECT_EQ(answer.content_type, "text/event-stream");
  EXPECT_TRUE(answer.ended);
  const auto events = events_of(answer.body);
  EXPECT_EQ(order_of(events),
            (std::vector<std::string>{
                "message_start", "content_block_start:thinking", "ping", "content_block_delta:thinking_delta",
                "content_block_delta:thinking_delta", "content_block_delta:signature_delta", "content_block_stop",
                "content_block_start:text", "content_block_delta:text_delta", "content_block_stop",
                "content_block_start:tool_use", "content_block_delta:input_json_delta",
                "content_block_delta:input_json_delta", "content_block_stop", "content_block_start:tool_use",
                "content_block_stop", "message_delta", "message_stop"}));
  EXPECT_EQ(events[0].data["message"]["usage"]["input_tokens"], 20);
  EXPECT_EQ(events[0].data["message"]["content"], json::array());
  EXPECT_EQ(events[0].data["message"]["stop_reason"], nullptr);
  EXPECT_EQ(events[8].data["delta"]["text"], "Looking \"up\".");
  EXPECT_EQ(events[8].data["index"], 1);
  EXPECT_EQ(events[10].data["content_block"],
            (json{{"type", "tool_use"}, {"id", "call_a"}, {"name", "weather"}, {"input", json::object()}}));
  EXPECT_EQ(events[11].data["delta"]["partial_json"], "{\"city\":");
  EXPECT_EQ(events[12].data["delta"]["partial_json"], "\"Oslo\"}");
  EXPECT_EQ(events[14].data["index"], 3);
  EXPECT_EQ(events[16].data["delta"], (json{{"stop_reason", "tool_use"}, {"stop_sequence", nullptr}}));
  EXPECT_EQ(events[16].data["usage"]["output_tokens"], 6);
  EXPECT_EQ(events[16].data["usage"]["cache_read_input_tokens"], 12);
}

TEST(AnthropicMessages, streams_a_plain_answer) {
  Served served;
  served.service.will_play(answer_script({"Hello", " world"}));
  EXPECT_EQ(order_of(events_of(served.message(R"("stream":true)").body)),
            (std::vector<std::string>{"message_start", "content_block_start:text", "ping",
                                      "content_block_delta:text_delta", "content_block_delta:text_delta",
                                      "content_block_stop", "message_delta", "message_stop"}));
}

TEST(AnthropicMessages, an_empty_answer_has_no_blocks) {
  Served served;
  served.service.will_play(answer_script({}));
  EXPECT_EQ(order_of(events_of(served.message(R"("stream":true)").body)),
            (std::vector<std::string>{"message_start", "message_delta", "message_stop"}));
  EXPECT_EQ(json::parse(served.message().body)["content"], json::array());
}

TEST(AnthropicMessages, say_why_they_stopped) {
  struct Case {
    FinishReason finish;
    std::string matched;
    std::string reason;
  };
  for (const auto& [finish, matched, reason] :
       {Case{FinishReason::kStop, "", "end_turn"}, Case{FinishReason::kStop, "END", "stop_sequence"},
        Case{FinishReason::kLength, "", "max_tokens"}, Case{FinishReason::kCancelled, "", "pause_turn"}}) {
    Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 1, .notices = {}}, content_delta("x")};
    script.emplace_back(ChoiceEnd{.choice = 0, .finish = finish, .stop_matched = matched});
    script.emplace_back(text_end(1, 1));
    Served served;
    served.service.will_play(script);
    const auto message = json::parse(served.message().body);
    EXPECT_EQ(message["stop_reason"], reason);
    EXPECT_EQ(message["stop_sequence"], matched.empty() ? json(nullptr) : json(matched));
    const auto delta = *(events_of(served.message(R"("stream":true)").body).rbegin() + 1);
    EXPECT_EQ(delta.data["delta"], (json{{"stop_reason", reason}, {"stop_sequence", message["stop_sequence"]}}));
  }
}

TEST(AnthropicMessages, keep_what_a_broken_call_wrote) {
  Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 1, .notices = {}}};
  script.emplace_back(delta_of({call_start(0, "c", "f"), call_arguments(0, "{\"a\": [1"), call_end(0, true)}));
  script.emplace_back(choice_end(FinishReason::kLength));
  script.emplace_back(text_end(1, 1));
  Served served;
  served.service.will_play(script);
  EXPECT_EQ(json::parse(served.message().body)["content"][0]["input"], (json{{"malformed_arguments", "{\"a\": [1"}}));
}

TEST(AnthropicMessages, show_notices_and_what_was_ignored) {
  Script script = answer_script({"x"});
  std::get<TextAccepted>(script[0]).notices = {"3 turns were left out"};
  Served served;
  served.service.will_play(script);
  const auto answer = served.message(R"("speed":"fast")");
  EXPECT_EQ(json::parse(answer.body)["hearth"], (json{{"notices", {"3 turns were left out"}}, {"ignored", {"speed"}}}));
  const Headers wanted = {{"x-hearth-ignored", "speed"}, {"request-id", "req-1"}};
  EXPECT_EQ(answer.headers, wanted);
}

TEST(AnthropicMessages, errors_have_the_form_of_the_api) {
  Served served;
  const auto bad = served.post("/v1/messages", "{");
  EXPECT_EQ(bad.status, 400U);
  EXPECT_EQ(json::parse(bad.body)["type"], "error");
  EXPECT_EQ(json::parse(bad.body)["error"]["type"], "invalid_request_error");
  const auto unknown =
      served.post("/v1/messages", R"({"model":"claude-9","max_tokens":1,"messages":[{"role":"user","content":"a"}]})");
  EXPECT_EQ(unknown.status, 404U);
  EXPECT_EQ(json::parse(unknown.body)["error"]["type"], "not_found_error");
  served.service.will_play({Error(ErrorCode::kOverloaded, "the queue is full").with("retry_after_s", "2.2")});
  const auto full = served.message(R"("stream":true)");
  EXPECT_EQ(full.status, 429U);
  EXPECT_EQ(json::parse(full.body)["error"]["type"], "rate_limit_error");
  EXPECT_EQ(full.headers, (Headers{{"retry-after", "3"}}));
}

TEST(AnthropicMessages, a_long_prompt_is_named_as_agents_look_for_it) {
  Served served;
  served.service.will_play(
      {Error(ErrorCode::kDoesNotFit, "the prompt has 9000 tokens, more than 4096").with("context_length", "4096")});
  const auto answer = served.message();
  EXPECT_EQ(answer.status, 400U);
  const auto error = json::parse(answer.body)["error"];
  EXPECT_EQ(error["type"], "invalid_request_error");
  EXPECT_EQ(error["message"].get<std::string>().find("prompt is too long: the prompt has 9000 tokens"), 0U);
}

TEST(AnthropicMessages, an_error_in_a_stream_is_an_event) {
  Served served;
  Script script = answer_script({"Hel"});
  script.resize(2);
  script.emplace_back(Error(ErrorCode::kWorkerCrashed, "the worker is gone"));
  served.service.will_play(script);
  const auto answer = served.message(R"("stream":true)");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_TRUE(answer.ended);
  const auto last = events_of(answer.body).back();
  EXPECT_EQ(last.type, "error");
  EXPECT_EQ(last.data["error"]["type"], "api_error");
}

TEST(AnthropicMessages, a_client_that_leaves_cancels_its_request) {
  ScriptedService service(ScriptedService::Playing::kByHand);
  const FakeClock clock;
  OpenAiServing serving(service, clock, "test", 1);
  HttpRequest request;
  request.body = R"({"model":"tiny","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"a"}]})";
  const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
  anthropic_routes(serving).front().handler(exchange);
  ASSERT_TRUE(service.play(1, 2));
  exchange->disconnect();
  EXPECT_EQ(service.cancelled(), (std::vector<std::uint64_t>{1}));
  service.play_all(1);
  EXPECT_EQ(exchange->answer().n_faults, 0);
}

TEST(AnthropicCountTokens, counts_the_whole_prompt) {
  Served served;
  const auto answer = served.post("/v1/messages/count_tokens",
                                  R"({"model":"small","system":"S","messages":[{"role":"user","content":"Hi"}]})");
  // "system: S\nuser: Hi\nassistant:", a token a byte.
  EXPECT_EQ(answer.body, R"({"input_tokens":29})");
}

TEST(AnthropicCountTokens, passes_on_errors) {
  Served served;
  EXPECT_EQ(served.post("/v1/messages/count_tokens", R"({"model":"small","messages":[]})").status, 400U);
  served.service.will_give_kit(fail(ErrorCode::kOutOfMemory, "no room"));
  const auto answer =
      served.post("/v1/messages/count_tokens", R"({"model":"small","messages":[{"role":"user","content":"Hi"}]})");
  EXPECT_EQ(answer.status, 507U);
  EXPECT_EQ(json::parse(answer.body)["error"]["type"], "overloaded_error");
}

TEST(AnthropicRoutes, have_schemas_and_the_error_form) {
  Served served;
  for (const auto& route : anthropic_routes(served.serving)) {
    EXPECT_EQ(route.errors, ErrorForm::kAnthropic);
    EXPECT_TRUE(json::accept(route.request_schema)) << route.pattern;
    EXPECT_TRUE(json::accept(route.response_schema)) << route.pattern;
    EXPECT_TRUE(route.needs_key);
  }
}

}  // namespace
}  // namespace hearth::serve
