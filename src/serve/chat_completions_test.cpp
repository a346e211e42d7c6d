#include "serve/chat_completions.h"

#include <gtest/gtest.h>

#include "serve/openai_fixture.h"

namespace hearth::serve {
namespace {

class ChatCompletions : public OpenAiFixture {
 protected:
  RecordedAnswer chat(const std::string& fields) {
    return post(route_, R"({"model":"tiny","messages":[{"role":"user","content":"hi"}])" + fields + "}");
  }
  // The request that a good body with these fields makes.
  TextRequest request_of(const std::string& fields) {
    const auto answer = chat(fields);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return service.last_request();
  }
  Json error_of(const RecordedAnswer& answer) {
    EXPECT_GE(answer.status, 400U) << answer.body;
    return Json::parse(answer.body)["error"];
  }
  const Route route_ = chat_completions_route(serving);
};

TEST_F(ChatCompletions, answers_whole) {
  service.will_play(answer_script({"Hello", " \"world\"\n"}));
  const auto answer = chat("");
  EXPECT_EQ(answer.content_type, "application/json");
  const Json body = Json::parse(answer.body);
  EXPECT_EQ(body["id"].get<std::string>().substr(0, 9), "chatcmpl-");
  EXPECT_EQ(body["object"], "chat.completion");
  EXPECT_EQ(body["created"], 0);
  EXPECT_EQ(body["model"], "tiny");
  EXPECT_EQ(body["system_fingerprint"], "hearth-test");
  const Json choice = body["choices"][0];
  EXPECT_EQ(choice["message"], Json::parse(R"({"role":"assistant","content":"Hello \"world\"\n","refusal":null})"));
  EXPECT_EQ(choice["finish_reason"], "stop");
  EXPECT_TRUE(choice["logprobs"].is_null());
  EXPECT_EQ(body["usage"]["prompt_tokens"], 7);
  EXPECT_EQ(body["usage"]["completion_tokens"], 2);
  EXPECT_EQ(body["usage"]["total_tokens"], 9);
  EXPECT_FALSE(body.contains("hearth"));
  EXPECT_FALSE(body.contains("timings"));
}

TEST_F(ChatCompletions, streams_chunk_by_chunk) {
  service.will_play(answer_script({"Hello", " world"}));
  const auto events = chunks(chat(R"(,"stream":true,"stream_options":{"include_usage":true})"));
  ASSERT_EQ(events.size(), 5U);
  const char* deltas[] = {R"({"role":"assistant","content":""})", R"({"content":"Hello"})", R"({"content":" world"})",
                          "{}"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(events[i]["object"], "chat.completion.chunk");
    EXPECT_EQ(events[i]["id"], events[0]["id"]);
    EXPECT_EQ(events[i]["model"], "tiny");
    EXPECT_EQ(events[i]["choices"][0]["delta"], Json::parse(deltas[i]));
    EXPECT_TRUE(events[i]["usage"].is_null());
    EXPECT_EQ(events[i]["choices"][0]["finish_reason"], i < 3 ? Json() : Json("stop"));
  }
  EXPECT_TRUE(events[4]["choices"].empty());
  EXPECT_EQ(events[4]["usage"]["total_tokens"], 9);
}

TEST_F(ChatCompletions, no_usage_where_none_was_asked_for) {
  for (const Json& event : chunks(chat(R"(,"stream":true)"))) EXPECT_FALSE(event.contains("usage"));
}

TEST_F(ChatCompletions, tool_calls_and_reasoning_whole_and_streamed) {
  service.will_play(call_script());
  const Json choice = Json::parse(chat("").body)["choices"][0];
  EXPECT_EQ(choice["finish_reason"], "tool_calls");
  EXPECT_TRUE(choice["message"]["content"].is_null());
  EXPECT_EQ(choice["message"]["reasoning_content"], "hm");
  EXPECT_EQ(choice["message"]["tool_calls"], Json::parse(R"([
    {"id":"call_1","type":"function","function":{"name":"look","arguments":"{\"at\":\"x\"}"}},
    {"id":"call_2","type":"function","function":{"name":"go","arguments":"{}"}}])"));
  const auto events = chunks(chat(R"(,"stream":true)"));
  std::vector<Json> deltas;
  for (const Json& event : events) deltas.push_back(event["choices"][0]["delta"]);
  EXPECT_EQ(Json(deltas), Json::parse(R"([{"role":"assistant","content":""},{"reasoning_content":"hm"},
    {"tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"look","arguments":""}}]},
    {"tool_calls":[{"index":0,"function":{"arguments":"{\"at\":"}}]},
    {"tool_calls":[{"index":0,"function":{"arguments":"\"x\"}"}}]},
    {"tool_calls":[{"index":1,"id":"call_2","type":"function","function":{"name":"go","arguments":""}}]},
    {"tool_calls":[{"index":1,"function":{"arguments":"{}"}}]},{}])"));
  EXPECT_EQ(events.back()["choices"][0]["finish_reason"], "tool_calls");
}

TEST_F(ChatCompletions, logprobs_come_with_the_text_they_belong_to) {
  Script script = answer_script({"a", "\xc3\xa9"});
  std::get<TextDelta>(script[1]).logprobs = {made_logprobs(1, "a", -0.5F)};
  TextDelta held{.choice = 0, .tokens = {2}, .events = {}, .logprobs = {made_logprobs(2, "\xc3", -1)}};
  std::get<TextDelta>(script[2]).logprobs = {made_logprobs(3, "\xa9", -2)};
  script.insert(script.begin() + 2, held);
  service.will_play(script);
  const Json whole = Json::parse(chat(R"(,"logprobs":true,"top_logprobs":2)").body);
  EXPECT_EQ(service.last_request().logprobs, 2U);
  const Json content = whole["choices"][0]["logprobs"]["content"];
  ASSERT_EQ(content.size(), 3U);
  EXPECT_EQ(content[0], Json::parse(R"({"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[
    {"token":"a","logprob":-0.5,"bytes":[97]},{"token":"other","logprob":-9999,"bytes":[111,116,104,101,114]}]})"));
  EXPECT_EQ(content[1]["bytes"], Json::parse("[195]"));
  const auto events = chunks(chat(R"(,"logprobs":true,"stream":true)"));
  EXPECT_TRUE(events[0]["choices"][0]["logprobs"].is_null());
  EXPECT_EQ(events[1]["choices"][0]["logprobs"]["content"].size(), 1U);
  EXPECT_EQ(events[2]["choices"][0]["logprobs"]["content"].size(), 2U);
}

TEST_F(ChatCompletions, several_choices_are_told_apart) {
  Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 2, .notices = {}}};
  for (const std::uint32_t choice : {1U, 0U, 1U})
    script.emplace_back(content_delta("t" + std::to_string(choice), choice));
  script.emplace_back(choice_end(FinishReason::kLength, 1));
  script.emplace_back(choice_end(FinishReason::kStop, 0));
  script.emplace_back(text_end(2, 3));
  service.will_play(script);
  const Json choices = Json::parse(chat(R"(,"n":2)").body)["choices"];
  ASSERT_EQ(choices.size(), 2U);
  EXPECT_EQ(choices[0]["message"]["content"], "t0");
  EXPECT_EQ(choices[1]["message"]["content"], "t1t1");
  EXPECT_EQ(choices[1]["finish_reason"], "length");
  std::string seen;
  for (const Json& event : chunks(chat(R"(,"n":2,"stream":true)"))) {
    seen += std::to_string(event["choices"][0]["index"].get<int>());
    seen += event["choices"][0]["delta"].value("content", "");
    seen += " ";
  }
  EXPECT_EQ(seen, "1 1t1 0 0t0 1t1 1 0 ");
}

TEST_F(ChatCompletions, notices_and_ignored_fields_are_told) {
  Script script = answer_script({"x"});
  std::get<TextAccepted>(script[0]).notices = {"2 turns were left out"};
  service.will_play(script);
  const auto whole = chat(R"(,"truncation":"auto","frobnicate":1,"store":true)");
  EXPECT_EQ(service.last_request().truncation, Truncation::kOldest);
  const Json wanted = Json::parse(R"({"notices":["2 turns were left out"],"ignored":["frobnicate","store"]})");
  EXPECT_EQ(Json::parse(whole.body)["hearth"], wanted);
  EXPECT_EQ(whole.headers, (Headers{{"x-hearth-ignored", "frobnicate, store"}}));
  const auto streamed = chat(R"(,"stream":true,"frobnicate":1,"store":true)");
  EXPECT_EQ(streamed.headers, (Headers{{"x-hearth-ignored", "frobnicate, store"}}));
  const auto events = chunks(streamed);
  EXPECT_EQ(events[0]["hearth"], wanted);
  for (std::size_t i = 1; i < events.size(); ++i) EXPECT_FALSE(events[i].contains("hearth"));
}

TEST_F(ChatCompletions, a_call_that_broke_off_is_told) {
  Script script = call_script();
  std::get<TextDelta>(script[2]).events.back().malformed = true;
  service.will_play(script);
  EXPECT_NE(Json::parse(chat("").body)["hearth"]["notices"].dump().find("a tool call broke off"), std::string::npos);
  const auto events = chunks(chat(R"(,"stream":true)"));
  EXPECT_FALSE(events[0].contains("hearth"));
  EXPECT_EQ(events.back()["hearth"]["notices"].size(), 1U);
}

TEST_F(ChatCompletions, timings_where_asked_for) {
  Script script = answer_script({"x"});
  auto& end = std::get<TextEnd>(script.back());
  end.queued_ms = 3;
  end.metrics = {
      .ttft_ms = 20, .prefill_ms = 10, .decode_ms = 30, .prompt_tokens = 7, .reused_tokens = 2, .completion_tokens = 4};
  service.will_play(script);
  const Json timings = Json::parse(chat(R"(,"timings":true)").body)["timings"];
  EXPECT_EQ(timings["prompt_n"], 5);
  EXPECT_EQ(timings["prompt_per_second"], 500);
  EXPECT_EQ(timings["predicted_per_second"], 100);
  EXPECT_EQ(timings["queued_ms"], 3);
  EXPECT_EQ(chunks(chat(R"(,"timings":true,"stream":true)")).back()["timings"], timings);
}

TEST_F(ChatCompletions, errors_have_their_status_before_and_their_event_after_acceptance) {
  service.will_play({Error(ErrorCode::kOverloaded, "the queue is full").with("retry_after_s", "2.5")});
  const auto refused = chat(R"(,"stream":true)");
  EXPECT_EQ(refused.status, 429U);
  EXPECT_EQ(refused.headers, (Headers{{"retry-after", "3"}}));
  EXPECT_EQ(error_of(refused)["type"], "rate_limit_error");
}

TEST_F(ChatCompletions, a_prompt_too_long_is_known_as_such) {
  service.will_play({Error(ErrorCode::kDoesNotFit, "9 tokens, 8 fit").with("context_length", "8")});
  const auto refused = chat("");
  EXPECT_EQ(refused.status, 400U);
  EXPECT_EQ(error_of(refused)["code"], "context_length_exceeded");
}

TEST_F(ChatCompletions, a_schema_that_cannot_be_held_to_is_a_bad_request) {
  service.will_play({Error(ErrorCode::kUnsupported, "the JSON Schema at #/not can't be enforced")});
  EXPECT_EQ(chat("").status, 400U);
}

TEST_F(ChatCompletions, a_late_error_is_an_event) {
  Script script = answer_script({"a"});
  script.resize(2);
  script.emplace_back(Error(ErrorCode::kWorkerCrashed, "the worker is gone"));
  service.will_play(script);
  const auto events = chunks(chat(R"(,"stream":true)"));
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[2]["error"]["code"], "worker_crashed");
}

}  // namespace
}  // namespace hearth::serve
