#include "serve/responses.h"

#include <gtest/gtest.h>

#include "serve/openai_fixture.h"

namespace hearth::serve {
namespace {

class Responses : public OpenAiFixture {
 protected:
  Responses() {
    for (Route& route : responses_routes(serving, store)) routes_.push_back(std::move(route));
  }
  RecordedAnswer respond(const std::string& fields) { return post(routes_[0], R"({"model":"tiny")" + fields + "}"); }
  Json body_of(const std::string& fields) {
    const auto answer = respond(fields);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return Json::parse(answer.body);
  }
  RecordedAnswer past(std::size_t route, const std::string& id, const std::string& key = "alice") {
    HttpRequest request;
    request.parameters["id"] = id;
    request.key = key;
    return ask(routes_[route], std::move(request));
  }
  // The events of a stream; their types and numbers are checked.
  std::vector<Json> events_of(const std::string& fields) {
    const auto answer = respond(fields + R"(,"stream":true)");
    EXPECT_TRUE(answer.streamed) << answer.body;
    std::vector<Json> events;
    std::size_t at = 0;
    while (at < answer.body.size()) {
      const auto line = answer.body.find('\n', at), end = answer.body.find("\n\n", at);
      EXPECT_EQ(answer.body.substr(line + 1, 6), "data: ");
      events.push_back(Json::parse(answer.body.substr(line + 7, end - line - 7)));
      EXPECT_EQ(answer.body.substr(at, line - at), "event: " + events.back()["type"].get<std::string>());
      EXPECT_EQ(events.back()["sequence_number"], events.size() - 1);
      at = end + 2;
    }
    return events;
  }
  static std::vector<std::string> types(const std::vector<Json>& events) {
    std::vector<std::string> types;
    for (const Json& event : events) {
      const auto type = event["type"].get<std::string>();
      types.push_back(type.substr(type.find('.') + 1));
    }
    return types;
  }
  std::vector<ChatMessage> messages() { return std::get<PromptRequest>(service.last_request().prompt).messages; }

  const std::shared_ptr<ResponsesStore> store = std::make_shared<ResponsesStore>(StoreBounds{});
  std::vector<Route> routes_;
};

TEST_F(Responses, answers_whole) {
  const Json body = body_of(R"(,"input":"hi","instructions":"Be brief.","metadata":{"a":"b"},"temperature":0.5)");
  EXPECT_EQ(body["id"].get<std::string>().substr(0, 5), "resp_");
  EXPECT_EQ(body["object"], "response");
  EXPECT_EQ(body["status"], "completed");
  EXPECT_EQ(body["model"], "tiny");
  EXPECT_EQ(body["instructions"], "Be brief.");
  EXPECT_EQ(body["metadata"], Json::parse(R"({"a":"b"})"));
  EXPECT_EQ(body["temperature"].dump(), "0.5");
  EXPECT_EQ(body["top_p"].dump(), "0.95");
  ASSERT_EQ(body["output"].size(), 1U);
  const Json& item = body["output"][0];
  EXPECT_EQ(item["type"], "message");
  EXPECT_EQ(item["status"], "completed");
  EXPECT_EQ(item["content"],
            Json::parse(R"([{"type":"output_text","text":"Hello world","annotations":[],"logprobs":[]}])"));
  EXPECT_EQ(body["usage"]["input_tokens"], 7);
  EXPECT_EQ(body["usage"]["output_tokens"], 2);
  ASSERT_EQ(messages().size(), 2U);
  EXPECT_EQ(messages()[0].role + messages()[0].content, "systemBe brief.");
  EXPECT_EQ(messages()[1].role + messages()[1].content, "userhi");
}

TEST_F(Responses, streams_its_events_in_order) {
  const auto events = events_of(R"(,"input":"hi")");
  EXPECT_EQ(types(events),
            (std::vector<std::string>{"created", "in_progress", "output_item.added", "content_part.added",
                                      "output_text.delta", "output_text.delta", "output_text.done", "content_part.done",
                                      "output_item.done", "completed"}));
  EXPECT_EQ(events[0]["response"]["status"], "in_progress");
  EXPECT_TRUE(events[0]["response"]["usage"].is_null());
  EXPECT_EQ(events[2]["item"]["content"], Json::array());
  EXPECT_EQ(events[4]["delta"], "Hello");
  EXPECT_EQ(events[4]["item_id"], events[2]["item"]["id"]);
  EXPECT_EQ(events[6]["text"], "Hello world");
  EXPECT_EQ(events[8]["item"]["content"][0]["text"], "Hello world");
  EXPECT_EQ(events[9]["response"]["output"][0], events[8]["item"]);
  EXPECT_EQ(events[9]["response"]["id"], events[0]["response"]["id"]);
}

TEST_F(Responses, thoughts_and_calls_are_items) {
  service.will_play(call_script());
  const auto events =
      events_of(R"(,"input":"hi","tools":[{"type":"function","name":"look"},{"type":"function","name":"go"}])");
  EXPECT_EQ(types(events),
            (std::vector<std::string>{"created", "in_progress", "output_item.added", "content_part.added",
                                      "reasoning_text.delta", "reasoning_text.done", "content_part.done",
                                      "output_item.done", "output_item.added", "function_call_arguments.delta",
                                      "function_call_arguments.delta", "function_call_arguments.done",
                                      "output_item.done", "output_item.added", "function_call_arguments.delta",
                                      "function_call_arguments.done", "output_item.done", "completed"}));
  const Json& output = events.back()["response"]["output"];
  ASSERT_EQ(output.size(), 3U);
  EXPECT_EQ(output[0]["content"], Json::parse(R"([{"type":"reasoning_text","text":"hm"}])"));
  EXPECT_EQ(output[1]["type"], "function_call");
  EXPECT_EQ(output[1]["call_id"], "call_1");
  EXPECT_EQ(output[1]["arguments"], R"({"at":"x"})");
  EXPECT_EQ(output[1]["id"].get<std::string>().substr(0, 3), "fc_");
  EXPECT_EQ(events[11]["arguments"], R"({"at":"x"})");
  EXPECT_EQ(events[13]["output_index"], 2);
  EXPECT_EQ(events.back()["response"]["usage"]["input_tokens_details"]["cached_tokens"], 3);
}

TEST_F(Responses, a_stream_ends_with_what_the_whole_says) {
  Script script = call_script();
  script.insert(script.begin() + 1, content_delta("before "));
  script.insert(script.begin() + 4, content_delta("after"));
  service.will_play(script);
  const auto without_ids = [](Json output) {
    for (Json& item : output) item.erase("id");
    return output;
  };
  const Json whole = body_of(R"(,"input":"hi")");
  const Json last = events_of(R"(,"input":"hi")").back()["response"];
  EXPECT_EQ(whole["output"].size(), 5U);
  EXPECT_EQ(without_ids(last["output"]), without_ids(whole["output"]));
  EXPECT_EQ(last["usage"], whole["usage"]);
}

TEST_F(Responses, an_answer_cut_off_is_incomplete) {
  Script script = answer_script({"x"});
  std::get<ChoiceEnd>(script[2]).finish = FinishReason::kLength;
  service.will_play(script);
  const auto events = events_of(R"(,"input":"hi","max_output_tokens":1)");
  EXPECT_EQ(service.last_request().max_tokens, 1U);
  EXPECT_EQ(types(events).back(), "incomplete");
  const Json& response = events.back()["response"];
  EXPECT_EQ(response["status"], "incomplete");
  EXPECT_EQ(response["incomplete_details"]["reason"], "max_output_tokens");
  EXPECT_EQ(response["output"][0]["status"], "incomplete");
}

TEST_F(Responses, a_late_error_fails_the_response) {
  Script script = answer_script({"a"});
  script.resize(2);
  script.emplace_back(Error(ErrorCode::kWorkerCrashed, "the worker is gone"));
  service.will_play(script);
  const auto events = events_of(R"(,"input":"hi")");
  EXPECT_EQ(events[events.size() - 2]["type"], "error");
  EXPECT_EQ(events[events.size() - 2]["code"], "worker_crashed");
  EXPECT_EQ(types(events).back(), "failed");
  EXPECT_EQ(events.back()["response"]["status"], "failed");
  EXPECT_EQ(store->size(), 0U);
  EXPECT_EQ(respond(R"(,"input":"hi")").status, 502U);
}

TEST_F(Responses, logprobs_come_where_included) {
  Script script = answer_script({"a"});
  std::get<TextDelta>(script[1]).logprobs = {made_logprobs(1, "a", -0.5F)};
  service.will_play(script);
  const Json body = body_of(R"(,"input":"hi","include":["message.output_text.logprobs","web"],"top_logprobs":2)");
  EXPECT_EQ(service.last_request().logprobs, 2U);
  EXPECT_EQ(body["output"][0]["content"][0]["logprobs"][0]["logprob"], -0.5);
  EXPECT_EQ(body["hearth"]["ignored"], Json::parse(R"(["include: web"])"));
  const auto events = events_of(R"(,"input":"hi","include":["message.output_text.logprobs"])");
  EXPECT_EQ(events[4]["logprobs"].size(), 1U);
}

TEST_F(Responses, a_conversation_goes_on) {
  service.will_play(call_script());
  service.will_play(answer_script({"done"}));
  const Json first = body_of(R"(,"input":"look","instructions":"old")");
  const std::string id = first["id"];
  const Json second =
      body_of(R"(,"previous_response_id":")" + id +
              R"(","instructions":"new","input":[{"type":"function_call_output","call_id":"call_1","output":"seen"}])");
  EXPECT_EQ(second["previous_response_id"], id);
  const auto turns = messages();
  ASSERT_EQ(turns.size(), 4U);
  EXPECT_EQ(turns[0].content, "new");
  EXPECT_EQ(turns[1].content, "look");
  EXPECT_EQ(turns[2].role, "assistant");
  EXPECT_EQ(turns[2].reasoning, "hm");
  ASSERT_EQ(turns[2].tool_calls.size(), 2U);
  EXPECT_EQ(turns[2].tool_calls[0].arguments_json, R"({"at":"x"})");
  EXPECT_EQ(turns[3].role + turns[3].tool_call_id + turns[3].name + turns[3].content, "toolcall_1lookseen");
}

TEST_F(Responses, past_ones_are_got_and_removed_by_their_owner_alone) {
  const Json first = body_of(R"(,"input":"hi")");
  const std::string id = first["id"];
  EXPECT_EQ(Json::parse(past(1, id).body), first);
  EXPECT_EQ(past(1, id, "bob").status, 404U);
  EXPECT_EQ(past(2, id, "bob").status, 404U);
  EXPECT_EQ(Json::parse(past(2, id).body), (Json{{"id", id}, {"object", "response"}, {"deleted", true}}));
  EXPECT_EQ(past(1, id).status, 404U);
  EXPECT_EQ(past(2, id).status, 404U);
  const auto unknown = respond(R"(,"input":"x","previous_response_id":")" + id + "\"");
  EXPECT_EQ(unknown.status, 400U);
  EXPECT_EQ(Json::parse(unknown.body)["error"]["code"], "previous_response_not_found");
  EXPECT_EQ(Json::parse(unknown.body)["error"]["param"], "previous_response_id");
}

TEST_F(Responses, what_is_not_to_be_stored_is_not) {
  (void)body_of(R"(,"input":"hi","store":false)");
  EXPECT_EQ(store->size(), 0U);
}

TEST_F(Responses, items_become_turns) {
  (void)body_of(R"(,"input":[
    {"role":"developer","content":"rules"},
    {"type":"message","role":"user","content":[{"type":"input_text","text":"a"},{"type":"input_text","text":"b"}]},
    {"type":"reasoning","id":"rs_1","summary":[],"content":[{"type":"reasoning_text","text":"think"}]},
    {"type":"message","id":"msg_1","status":"completed","role":"assistant","content":[{"type":"output_text","text":"say","annotations":[]}]},
    {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"x\":1}","status":"completed"},
    {"type":"function_call","call_id":"c2","name":"g","arguments":"{}"},
    {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"two"}]},
    {"type":"function_call_output","call_id":"c1","output":"one"}])");
  const auto turns = messages();
  ASSERT_EQ(turns.size(), 5U);
  EXPECT_EQ(turns[0].role, "system");
  EXPECT_EQ(turns[1].parts.size(), 2U);
  EXPECT_EQ(turns[2].reasoning, "think");
  EXPECT_EQ(turns[2].parts.at(0).text, "say");
  EXPECT_EQ(turns[2].tool_calls.size(), 2U);
  EXPECT_EQ(turns[3].name, "g");
  EXPECT_EQ(turns[3].parts.at(0).text, "two");
  EXPECT_EQ(turns[4].content, "one");
}

TEST_F(Responses, fields_reach_the_engine) {
  (void)body_of(R"(,"input":"hi","reasoning":{"effort":"minimal"},"truncation":"auto","parallel_tool_calls":false,
    "tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","z":1,"a":2},"strict":true}],
    "tool_choice":{"type":"function","name":"f"},
    "text":{"format":{"type":"json_schema","name":"n","strict":true,"schema":{"type":"object","b":1,"a":2}},"verbosity":"low"})");
  const TextRequest request = service.last_request();
  const auto& prompt = std::get<PromptRequest>(request.prompt);
  EXPECT_EQ(prompt.enable_thinking, false);
  EXPECT_EQ(request.truncation, Truncation::kOldest);
  EXPECT_FALSE(request.parallel_calls);
  EXPECT_EQ(request.tool_choice, ToolChoice::kRequired);
  EXPECT_EQ(request.tool_name, "f");
  EXPECT_EQ(prompt.tools.at(0).parameters_json, R"({"type":"object","z":1,"a":2})");
  ASSERT_TRUE(request.constraint);
  EXPECT_EQ(request.constraint->text, R"({"type":"object","b":1,"a":2})");
  EXPECT_EQ(request.key, "alice");
}

TEST_F(Responses, refuses_by_name) {
  struct Case {
    const char* fields;
    const char* param;
  };
  const Case cases[] = {
      {"", "input"},
      {R"(,"input":5)", "input"},
      {R"(,"input":[])", "input"},
      {R"(,"input":[7])", "input[0]"},
      {R"(,"input":[{"role":"user"}])", "input[0].content"},
      {R"(,"input":[{"role":"tool","content":"x"}])", "input[0].role"},
      {R"(,"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:"}]}])", "input[0].content[0]"},
      {R"(,"input":[{"type":"web_search_call","id":"x"}])", "input[0].type"},
      {R"(,"input":[{"type":"function_call","name":"f"}])", "input[0].call_id"},
      {R"(,"input":"x","background":true)", "background"},
      {R"(,"input":"x","conversation":"c")", "conversation"},
      {R"(,"input":"x","max_output_tokens":-1)", "max_output_tokens"},
      {R"(,"input":"x","temperature":3)", "temperature"},
      {R"(,"input":"x","tools":[{"type":"web_search"}])", "tools[0].type"},
      {R"(,"input":"x","tool_choice":{"type":"function","name":"f"})", "tool_choice.name"},
      {R"(,"input":"x","text":{"format":{"type":"json_schema","name":"n"}})", "text.format.schema"},
      {R"(,"input":"x","text":{"format":{"type":"xml"}})", "text.format.type"},
      {R"(,"input":"x","regex":"a","text":{"format":{"type":"json_object"}})", "text"},
      {R"(,"input":"x","reasoning":{"effort":"huge"})", "reasoning.effort"},
      {R"(,"input":"x","top_logprobs":21)", "top_logprobs"},
      {R"(,"input":"x","n":2)", "n"},
  };
  for (const Case& c : cases) {
    const auto answer = respond(c.fields);
    EXPECT_EQ(answer.status, 400U) << c.fields << answer.body;
    EXPECT_EQ(Json::parse(answer.body)["error"]["param"], c.param) << answer.body;
  }
  EXPECT_TRUE(service.requests().empty());
}

TEST(ResponsesStore, is_bounded_by_number_and_bytes) {
  ResponsesStore store({.responses = 3, .bytes = 4000});
  for (const char* id : {"a", "b", "c", "d"}) store.put({.id = id, .key = {}, .body = "{}", .conversation = {}});
  EXPECT_EQ(store.size(), 3U);
  EXPECT_FALSE(store.find("a", ""));
  EXPECT_TRUE(store.find("b", ""));
  store.put({.id = "e", .key = {}, .body = std::string(3000, ' '), .conversation = {}});
  EXPECT_LE(store.bytes(), 4000U);
  EXPECT_TRUE(store.find("e", ""));
  store.put({.id = "huge", .key = {}, .body = std::string(5000, ' '), .conversation = {}});
  EXPECT_FALSE(store.find("huge", ""));
  EXPECT_TRUE(store.find("e", "")) << "what does not fit pushes nothing out";
  EXPECT_TRUE(store.remove("e", ""));
  for (const char* id : {"b", "c", "d"}) (void)store.remove(id, "");
  EXPECT_EQ(store.bytes(), 0U);
}

}  // namespace
}  // namespace hearth::serve
