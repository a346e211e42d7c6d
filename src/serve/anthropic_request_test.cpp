#include "serve/anthropic_request.h"

#include <gtest/gtest.h>

#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

struct Read {
  AnthropicRequest request;
  ReadingNotes notes;
  [[nodiscard]] const PromptRequest& prompt() const { return std::get<PromptRequest>(request.text.prompt); }
  [[nodiscard]] std::string fault() const { return notes.fault ? notes.fault->message : ""; }
};

Read read(const std::string& body, AnthropicBody kind = AnthropicBody::kMessage) {
  static ScriptedService service;
  static const FakeClock clock;
  static OpenAiServing serving(service, clock, "test", 1);
  HttpRequest http;
  http.key = "alice";
  Read result;
  const auto json = parse_json_object(body);
  if (!json) {
    ADD_FAILURE() << json.error().message;
    return result;
  }
  result.request = read_anthropic_request(*json, kind, http, serving, result.notes);
  return result;
}

// A body with one turn and these members more.
std::string body_with(const std::string& members) {
  return R"({"model":"tiny","max_tokens":100,"messages":[{"role":"user","content":"Hi"}])" +
         (members.empty() ? "" : "," + members) + "}";
}
std::string body_of(const std::string& messages) {
  return R"({"model":"small","max_tokens":100,"messages":)" + messages + "}";
}

TEST(AnthropicRequest, reads_the_plainest_body) {
  const auto got = read(body_with(""));
  EXPECT_EQ(got.fault(), "");
  EXPECT_EQ(got.request.text.model, "tiny");
  EXPECT_EQ(got.request.text.key, "alice");
  EXPECT_EQ(got.request.text.max_tokens, 100U);
  EXPECT_FALSE(got.request.wishes.stream);
  ASSERT_EQ(got.prompt().messages.size(), 1U);
  EXPECT_EQ(got.prompt().messages[0].content, "Hi");
  EXPECT_EQ(got.prompt().enable_thinking, false);
  EXPECT_TRUE(got.notes.ignored.empty());
}

TEST(AnthropicRequest, reads_every_parameter) {
  const auto got = read(body_with(
      R"("stream":true,"temperature":0.25,"top_p":0.5,"top_k":7,"stop_sequences":["END","\n\n"],"min_p":0.1,"seed":42,)"
      R"("metadata":{"user_id":"u"},"service_tier":"auto","cache_control":{"type":"ephemeral"},"truncation":"auto",)"
      R"("adapters":[{"name":"poet","scale":0.5}],"priority":"background")"));
  EXPECT_EQ(got.fault(), "");
  EXPECT_TRUE(got.notes.ignored.empty());
  const auto& text = got.request.text;
  EXPECT_TRUE(got.request.wishes.stream);
  EXPECT_FLOAT_EQ(text.sampling.temperature, 0.25F);
  EXPECT_FLOAT_EQ(text.sampling.top_p, 0.5F);
  EXPECT_EQ(text.sampling.top_k, 7U);
  EXPECT_FLOAT_EQ(text.sampling.min_p, 0.1F);
  EXPECT_EQ(text.sampling.seed, 42U);
  EXPECT_EQ(text.stop, (std::vector<std::string>{"END", "\n\n"}));
  EXPECT_EQ(text.truncation, Truncation::kOldest);
  EXPECT_EQ(text.adapters.at(0).name, "poet");
  EXPECT_EQ(text.priority, RequestPriority::kBackground);
}

TEST(AnthropicRequest, takes_the_system_prompt_as_text_or_blocks) {
  EXPECT_EQ(read(body_with(R"("system":"Be brief.")")).prompt().messages[0].content, "Be brief.");
  const auto got = read(body_with(
      R"("system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Rhyme."}])"));
  EXPECT_EQ(got.fault(), "");
  EXPECT_EQ(got.prompt().messages[0].role, "system");
  EXPECT_EQ(got.prompt().messages[0].content, "Be brief.\nRhyme.");
  EXPECT_EQ(got.prompt().messages[1].role, "user");
}

TEST(AnthropicRequest, leaves_out_the_agents_billing_line_and_says_so) {
  const auto got = read(body_with(
      R"("system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2; cch=1f;"},{"type":"text","text":"Code."}])"));
  EXPECT_EQ(got.prompt().messages[0].content, "Code.");
  EXPECT_EQ(got.notes.ignored, (std::vector<std::string>{"system:billing-header"}));
}

TEST(AnthropicRequest, joins_blocks_and_turns_of_one_role) {
  const auto got = read(body_of(
      R"([{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]},{"role":"user","content":"c"},)"
      R"({"role":"assistant","content":[{"type":"text","text":"d"},{"type":"text","text":"e"}]},{"role":"user","content":"f"}])"));
  const auto& turns = got.prompt().messages;
  ASSERT_EQ(turns.size(), 3U);
  EXPECT_EQ(turns[0].content, "a\nb\nc");
  EXPECT_EQ(turns[1].content, "de");
  EXPECT_EQ(turns[2].content, "f");
}

TEST(AnthropicRequest, reads_calls_and_their_results) {
  const auto got = read(body_of(
      R"([{"role":"user","content":"Weather?"},{"role":"assistant","content":[{"type":"thinking","thinking":"Look.",)"
      R"("signature":"s"},{"type":"redacted_thinking","data":"x"},{"type":"text","text":"One moment."},)"
      R"({"type":"tool_use","id":"t1","name":"weather","input":{"city":"Oslo","days":2.50}},)"
      R"({"type":"tool_use","id":"t2","name":"clock","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"rain"},)"
      R"({"type":"tool_result","tool_use_id":"t2","is_error":true,"content":[{"type":"text","text":"no clock"}]},)"
      R"({"type":"text","text":"And?"}]}])"));
  EXPECT_EQ(got.fault(), "");
  const auto& turns = got.prompt().messages;
  ASSERT_EQ(turns.size(), 5U);
  EXPECT_EQ(turns[1].content, "One moment.");
  EXPECT_EQ(turns[1].reasoning, "Look.");
  ASSERT_EQ(turns[1].tool_calls.size(), 2U);
  EXPECT_EQ(turns[1].tool_calls[0].arguments_json, R"({"city":"Oslo","days":2.5})");
  EXPECT_EQ(turns[1].tool_calls[1].arguments_json, "{}");
  EXPECT_EQ(turns[2].role, "tool");
  EXPECT_EQ(turns[2].name, "weather");
  EXPECT_EQ(turns[2].content, "rain");
  EXPECT_EQ(turns[3].tool_call_id, "t2");
  EXPECT_EQ(turns[3].content, "Error: no clock");
  EXPECT_EQ(turns[4].content, "And?");
}

TEST(AnthropicRequest, opens_the_answer_with_a_last_turn_of_the_assistant) {
  const auto got = read(body_of(R"([{"role":"user","content":"JSON!"},{"role":"assistant","content":"{\"a\":"}])"));
  EXPECT_EQ(got.prompt().answer_prefix, "{\"a\":");
  EXPECT_EQ(got.prompt().messages.size(), 1U);
}

TEST(AnthropicRequest, reads_documents_of_plain_text) {
  const auto got = read(body_of(
      R"([{"role":"user","content":[{"type":"document","title":"T","source":{"type":"text","media_type":"text/plain","data":"D"}}]}])"));
  EXPECT_EQ(got.fault(), "");
  EXPECT_EQ(got.prompt().messages[0].content, "T\nD");
}

TEST(AnthropicRequest, reads_tools) {
  const auto got = read(body_with(
      R"("tools":[{"name":"weather","description":"Tells.","input_schema":{"type":"object","properties":{}}},)"
      R"({"type":"custom","name":"clock","input_schema":{"type":"object"},"cache_control":{"type":"ephemeral"}}])"));
  EXPECT_EQ(got.fault(), "");
  ASSERT_EQ(got.prompt().tools.size(), 2U);
  EXPECT_EQ(got.prompt().tools[0].description, "Tells.");
  EXPECT_EQ(got.prompt().tools[0].parameters_json, R"({"type":"object","properties":{}})");
  EXPECT_EQ(got.request.text.tool_choice, ToolChoice::kAuto);
  EXPECT_TRUE(got.request.text.parallel_calls);
}

TEST(AnthropicRequest, reads_every_tool_choice) {
  const std::string tools = R"("tools":[{"name":"weather","input_schema":{"type":"object"}}],"tool_choice":)";
  EXPECT_EQ(read(body_with(tools + R"({"type":"any"})")).request.text.tool_choice, ToolChoice::kRequired);
  EXPECT_EQ(read(body_with(tools + R"({"type":"none"})")).request.text.tool_choice, ToolChoice::kNone);
  const auto single = read(body_with(tools + R"({"type":"auto","disable_parallel_tool_use":true})"));
  EXPECT_EQ(single.request.text.tool_choice, ToolChoice::kAuto);
  EXPECT_FALSE(single.request.text.parallel_calls);
  const auto named = read(body_with(tools + R"({"type":"tool","name":"weather"})"));
  EXPECT_EQ(named.request.text.tool_choice, ToolChoice::kRequired);
  EXPECT_EQ(named.request.text.tool_name, "weather");
}

TEST(AnthropicRequest, reads_thinking) {
  const auto enabled = read(body_with(R"("thinking":{"type":"enabled","budget_tokens":50})"));
  EXPECT_EQ(enabled.fault(), "");
  EXPECT_EQ(enabled.prompt().enable_thinking, true);
  EXPECT_EQ(enabled.notes.ignored, (std::vector<std::string>{"thinking.budget_tokens"}));
  EXPECT_EQ(read(body_with(R"("thinking":{"type":"disabled"})")).prompt().enable_thinking, false);
  EXPECT_EQ(read(body_with(R"("thinking":{"type":"adaptive"})")).prompt().enable_thinking, std::nullopt);
}

TEST(AnthropicRequest, reads_the_output_config) {
  const auto got =
      read(body_with(R"("output_config":{"effort":"max","format":{"type":"json_schema","schema":{"type":"object"}}})"));
  EXPECT_EQ(got.fault(), "");
  ASSERT_TRUE(got.request.text.constraint.has_value());
  EXPECT_EQ(got.request.text.constraint->kind, ConstraintKind::kJsonSchema);
  EXPECT_EQ(got.request.text.constraint->text, R"({"type":"object"})");
  EXPECT_EQ(got.prompt().variables_json, R"({"reasoning_effort":"high"})");
}

TEST(AnthropicRequest, names_what_it_ignores) {
  const auto got = read(body_with(R"("context_management":{"edits":[]},"speed":"fast")"));
  EXPECT_EQ(got.fault(), "");
  EXPECT_EQ(got.notes.ignored, (std::vector<std::string>{"context_management", "speed"}));
}

TEST(AnthropicRequest, counting_needs_no_max_tokens) {
  const std::string body = R"({"model":"tiny","messages":[{"role":"user","content":"Hi"}]})";
  EXPECT_EQ(read(body, AnthropicBody::kCountTokens).fault(), "");
  EXPECT_EQ(read(body).fault(), "max_tokens is missing");
}

struct Refusal {
  std::string body;
  std::string message;
};

TEST(AnthropicRequest, names_what_is_wrong_and_where) {
  const std::string call = R"({"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]})";
  const std::vector<Refusal> refusals = {
      {R"({"model":"tiny","max_tokens":1})", "messages must have at least one turn"},
      {R"({"model":"tiny","max_tokens":1,"messages":[]})", "messages must have at least one turn"},
      {R"({"model":"tiny","max_tokens":0,"messages":[{"role":"user","content":"a"}]})", "max_tokens must be a whole"},
      {R"({"model":"tiny","max_tokens":-5,"messages":[{"role":"user","content":"a"}]})", "max_tokens must be a whole"},
      {R"({"model":"big","max_tokens":1,"messages":[{"role":"user","content":"a"}]})", "there is no model named 'big'"},
      {body_of(R"([{"role":"robot","content":"a"}])"), "messages[0].role must be one of"},
      {body_of(R"([{"role":"user"}])"), "messages[0].content is missing"},
      {body_of(R"([{"role":"user","content":7}])"), "messages[0].content must be a list"},
      {body_of(R"([{"role":"user","content":[{"text":"a"}]}])"), "messages[0].content[0].type is missing"},
      {body_of(R"([{"role":"user","content":[{"type":"text"}]}])"), "messages[0].content[0].text is missing"},
      {body_of(R"([{"role":"user","content":[{"type":"image","source":{}}]}])"),
       "messages[0].content[0].type is \"image\": this server takes text alone"},
      {body_of(R"([{"role":"user","content":[{"type":"document","source":{"type":"base64","data":"x"}}]}])"),
       "messages[0].content[0].source.type is \"base64\""},
      {body_of(R"([{"role":"user","content":[{"type":"tool_use","id":"t","name":"f"}]}])"),
       "messages[0].content[0].type is \"tool_use\", which has no place in this turn"},
      {body_of(R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"t"}]}])"),
       "messages[0].content[0].tool_use_id is \"t\", which no tool_use before it has"},
      {body_of("[" + call + "]"), "messages[0].content ends the conversation with a tool_use"},
      {body_of("[" + call + "," + call + "]"), "messages[1].content[0].id is \"t\", which another tool_use has"},
      {body_of(
           R"([{"role":"assistant","content":[{"type":"server_tool_use","id":"t"}]},{"role":"user","content":"a"}])"),
       "hosted tools don't run here"},
      {body_with(R"("system":[{"type":"image"}])"), "system[0].type is \"image\""},
      {body_with(R"("tools":[{"type":"web_search_20250305","name":"web_search"}])"),
       "tools[0].type is \"web_search_20250305\": hosted tools don't run here"},
      {body_with(R"("tools":[{"name":"f"}])"), "tools[0].input_schema is missing"},
      {body_with(R"("tools":[{"name":"f","input_schema":{}},{"name":"f","input_schema":{}}])"),
       "tools[1].name is \"f\", which another tool has"},
      {body_with(R"("tool_choice":{"type":"any"})"), "tool_choice.type is \"any\", but there are no tools"},
      {body_with(R"("tool_choice":{"type":"tool","name":"g"})"), "tool_choice.name is \"g\", which is none of"},
      {body_with(R"("thinking":{"type":"enabled"})"), "thinking.budget_tokens is missing"},
      {body_with(R"("thinking":{"type":"enabled","budget_tokens":100})"), "must be less than max_tokens"},
      {body_with(R"("stop_sequences":[""])"), "stop_sequences has an empty string"},
      {body_with(R"("temperature":9)"), "temperature must be a number from 0 to 2"},
      {body_with(R"("stream":"yes")"), "stream must be true or false"},
      {body_with(R"("n":2)"), "n must be 1"},
  };
  for (const auto& [body, message] : refusals)
    EXPECT_NE(read(body).fault().find(message), std::string::npos) << body << "\n" << read(body).fault();
}

}  // namespace
}  // namespace hearth::serve
