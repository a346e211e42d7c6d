// What bodies of chat completions become.
#include <gtest/gtest.h>

#include "serve/openai_request_fixture.h"

namespace hearth::serve {
namespace {

TEST_F(OpenAiRequest, what_is_left_open_is_as_documented) {
  const TextRequest request = request_of("");
  EXPECT_EQ(request.model, "tiny");
  EXPECT_EQ(request.key, "alice");
  EXPECT_EQ(request.sampling.temperature, SamplingOptions{}.temperature);
  EXPECT_EQ(request.sampling.top_p, SamplingOptions{}.top_p);
  EXPECT_EQ(request.max_tokens, 0U);
  EXPECT_EQ(request.choices, 1U);
  EXPECT_FALSE(request.constraint);
  EXPECT_FALSE(request.logprobs);
  EXPECT_TRUE(request.parse_output && request.cache_prompt && request.parallel_calls && request.speculate);
  EXPECT_EQ(request.truncation, Truncation::kRefuse);
  EXPECT_NE(request.sampling.seed, request_of("").sampling.seed) << "each request gets its own seed";
}

TEST_F(OpenAiRequest, sampling_fields_reach_the_engine) {
  const SamplingOptions sampling = request_of(R"(,"temperature":0,"top_p":0.5,"top_k":7,"min_p":0.1,"seed":42,
    "presence_penalty":-2,"frequency_penalty":1.5,"repeat_penalty":1.1,"repeat_last_n":9,"logit_bias":{"5":-100,"6":2.5})")
                                       .sampling;
  EXPECT_EQ(sampling.temperature, 0);
  EXPECT_EQ(sampling.top_p, 0.5F);
  EXPECT_EQ(sampling.top_k, 7U);
  EXPECT_EQ(sampling.min_p, 0.1F);
  EXPECT_EQ(sampling.seed, 42U);
  EXPECT_EQ(sampling.presence_penalty, -2);
  EXPECT_EQ(sampling.frequency_penalty, 1.5F);
  EXPECT_EQ(sampling.repeat_penalty, 1.1F);
  EXPECT_EQ(sampling.penalty_last_n, 9U);
  EXPECT_EQ(sampling.logit_bias, (std::vector<std::pair<Token, float>>{{5, -100}, {6, 2.5F}}));
  EXPECT_EQ(request_of(R"(,"top_k":-1,"repetition_penalty":1.2)").sampling.top_k, 0U);
  EXPECT_EQ(request_of(R"(,"temperature":null,"seed":null,"stop":null,"tools":null)").sampling.temperature, 0.8F);
}

TEST_F(OpenAiRequest, generation_fields_reach_the_engine) {
  clock.advance(std::chrono::seconds(10));
  const TextRequest request = request_of(R"(,"max_tokens":5,"max_completion_tokens":9,"n":3,"stop":["a","b"],
    "logprobs":true,"top_logprobs":4,"cache_prompt":false,"speculate":false,"ignore_eos":true,"skip_special_tokens":false,
    "timeout_s":2.5,"adapters":[{"name":"law","scale":0.5},{"name":"tone"}],"priority":"background","parallel_tool_calls":false)");
  EXPECT_EQ(request.max_tokens, 9U);
  EXPECT_EQ(request.choices, 3U);
  EXPECT_EQ(request.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request.logprobs, 4U);
  EXPECT_FALSE(request.cache_prompt || request.speculate || request.parallel_calls);
  EXPECT_TRUE(request.ignore_end && request.show_special);
  EXPECT_EQ(*request.deadline - clock.now(), std::chrono::milliseconds(2500));
  ASSERT_EQ(request.adapters.size(), 2U);
  EXPECT_EQ(request.adapters[0].name, "law");
  EXPECT_EQ(request.adapters[0].scale, 0.5F);
  EXPECT_EQ(request.adapters[1].scale, 1);
  EXPECT_EQ(request.priority, RequestPriority::kBackground);
  EXPECT_EQ(request_of(R"(,"stop":"x","lora":[{"name":"l"}])").adapters.size(), 1U);
  EXPECT_EQ(request_of(R"(,"priority":-3)").priority, RequestPriority::kInteractive);
  EXPECT_EQ(request_of(R"(,"priority":0)").priority, RequestPriority::kNormal);
  EXPECT_EQ(request_of(R"(,"priority":3)").priority, RequestPriority::kBackground);
  EXPECT_EQ(request_of(R"(,"service_tier":"flex")").priority, RequestPriority::kBackground);
  EXPECT_EQ(request_of(R"(,"service_tier":"auto")").priority, RequestPriority::kNormal);
  EXPECT_EQ(request_of(R"(,"logprobs":true)").logprobs, 0U);
}

TEST_F(OpenAiRequest, answers_are_held_to_every_form_of_constraint) {
  struct Case {
    const char* fields;
    ConstraintKind kind;
    const char* text;
  };
  const Case cases[] = {
      {R"(,"response_format":{"type":"json_object"})", ConstraintKind::kJson, ""},
      {R"(,"response_format":{"type":"json_object","schema":{"b":1,"a":2}})", ConstraintKind::kJsonSchema,
       R"({"b":1,"a":2})"},
      {R"(,"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"z":1.50,"a":[]}}})",
       ConstraintKind::kJsonSchema, R"({"z":1.5,"a":[]})"},
      {R"(,"json_schema":{"type":"object"})", ConstraintKind::kJsonSchema, R"({"type":"object"})"},
      {R"(,"guided_json":"{\"type\":\"object\"}")", ConstraintKind::kJsonSchema, R"({"type":"object"})"},
      {R"(,"guided_regex":"a+")", ConstraintKind::kRegex, "a+"},
      {R"(,"regex":"a+")", ConstraintKind::kRegex, "a+"},
      {R"(,"guided_grammar":"root ::= \"a\"")", ConstraintKind::kGrammar, "root ::= \"a\""},
      {R"(,"grammar":"root ::= \"a\"")", ConstraintKind::kGrammar, "root ::= \"a\""},
      {R"(,"guided_choice":["yes","n.o"])", ConstraintKind::kRegex, "(yes|n\\.o)"},
      {R"(,"structured_outputs":{"regex":"b"})", ConstraintKind::kRegex, "b"},
      {R"(,"structured_outputs":{"choice":["x"]})", ConstraintKind::kRegex, "(x)"},
      {R"(,"structured_outputs":{"json":{"a":1}})", ConstraintKind::kJsonSchema, R"({"a":1})"},
      {R"(,"structured_outputs":{"json_object":true})", ConstraintKind::kJson, ""},
  };
  for (const Case& c : cases) {
    const TextRequest request = request_of(c.fields);
    ASSERT_TRUE(request.constraint) << c.fields;
    EXPECT_EQ(request.constraint->kind, c.kind) << c.fields;
    EXPECT_EQ(request.constraint->text, c.text) << c.fields;
  }
  EXPECT_FALSE(request_of(R"(,"response_format":{"type":"text"})").constraint);
}

TEST_F(OpenAiRequest, turns_of_all_roles) {
  const auto turns = turns_of(R"([
    {"role":"developer","content":"rules"},{"role":"system","content":"more"},
    {"role":"user","name":"ann","content":[{"type":"text","text":"a"},"b",{"type":"text","text":"c"}]},
    {"role":"assistant","content":null,"reasoning_content":"why","tool_calls":[
      {"id":"c1","type":"function","function":{"name":"f","arguments":"{\"x\": 1.50}"}},
      {"id":"c2","type":"function","function":{"name":"g","arguments":{"z":1,"a":2}}}]},
    {"role":"tool","tool_call_id":"c2","content":"two"},
    {"role":"tool","tool_call_id":"c1","name":"own","content":[{"type":"text","text":"one"}]},
    {"role":"assistant","content":"","refusal":null}])");
  ASSERT_EQ(turns.size(), 7U);
  EXPECT_EQ(turns[0].role + turns[1].role, "systemsystem");
  EXPECT_EQ(turns[2].name, "ann");
  ASSERT_EQ(turns[2].parts.size(), 3U);
  EXPECT_EQ(turns[2].parts[1].text, "b");
  EXPECT_EQ(turns[3].reasoning, "why");
  EXPECT_EQ(turns[3].tool_calls.at(0).arguments_json, R"({"x": 1.50})") << "as the model wrote it";
  EXPECT_EQ(turns[3].tool_calls.at(1).arguments_json, R"({"z":1,"a":2})");
  EXPECT_EQ(turns[4].name, "g") << "the tool is found by its call";
  EXPECT_EQ(turns[5].name, "own");
}

TEST_F(OpenAiRequest, tools_and_the_choice_among_them) {
  const std::string tools = R"(,"tools":[{"type":"function","function":{"name":"f","description":"does f",
    "parameters":{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}}}},{"type":"function","function":{"name":"g"}}])";
  const TextRequest request = request_of(tools);
  const auto& prompt = std::get<PromptRequest>(request.prompt);
  ASSERT_EQ(prompt.tools.size(), 2U);
  EXPECT_EQ(prompt.tools[0].description, "does f");
  EXPECT_EQ(prompt.tools[0].parameters_json,
            R"({"type":"object","properties":{"z":{"type":"string"},"a":{"type":"integer"}}})");
  EXPECT_EQ(prompt.tools[1].parameters_json, "");
  EXPECT_EQ(request.tool_choice, ToolChoice::kAuto);
  EXPECT_EQ(request_of(tools + R"(,"tool_choice":"none")").tool_choice, ToolChoice::kNone);
  EXPECT_EQ(request_of(tools + R"(,"tool_choice":"required")").tool_choice, ToolChoice::kRequired);
  const TextRequest named = request_of(tools + R"(,"tool_choice":{"type":"function","function":{"name":"g"}})");
  EXPECT_EQ(named.tool_choice, ToolChoice::kRequired);
  EXPECT_EQ(named.tool_name, "g");
}

TEST_F(OpenAiRequest, thinking_is_switched_through_the_template) {
  const auto prompt_of = [&](const std::string& fields) { return std::get<PromptRequest>(request_of(fields).prompt); };
  EXPECT_EQ(prompt_of("").enable_thinking, std::nullopt);
  EXPECT_EQ(prompt_of(R"(,"reasoning_effort":"none")").enable_thinking, false);
  EXPECT_EQ(prompt_of(R"(,"reasoning_effort":"minimal")").enable_thinking, false);
  EXPECT_EQ(prompt_of(R"(,"reasoning_effort":"high")").enable_thinking, true);
  EXPECT_EQ(prompt_of(R"(,"reasoning_effort":"high")").variables_json, R"({"reasoning_effort":"high"})");
  const PromptRequest told =
      prompt_of(R"(,"chat_template_kwargs":{"enable_thinking":false,"x":[1]},"reasoning_effort":"low")");
  EXPECT_EQ(told.enable_thinking, false);
  EXPECT_EQ(told.variables_json, R"({"x":[1],"reasoning_effort":"low"})");
  EXPECT_FALSE(prompt_of(R"(,"add_generation_prompt":false)").add_generation_prompt);
}

TEST_F(OpenAiRequest, the_answer_may_go_on_with_the_last_message) {
  const auto order = read(R"({"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"Well"}],
    "add_generation_prompt":false,"continue_final_message":true})");
  ASSERT_TRUE(order);
  const auto& prompt = std::get<PromptRequest>(order->requests[0].prompt);
  EXPECT_EQ(prompt.answer_prefix, "Well");
  EXPECT_EQ(prompt.messages.size(), 1U);
  EXPECT_TRUE(prompt.add_generation_prompt);
  EXPECT_EQ(refusal(with(R"(,"continue_final_message":true)")),
            "continue_final_message needs a last message of the assistant without tool_calls (continue_final_message)");
}

TEST_F(OpenAiRequest, the_only_model_needs_no_name) {
  const auto order = read(R"({"messages":[{"role":"user","content":"hi"}]})");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->requests[0].model, "tiny");
  service.set_models({ModelFacts{}, ModelFacts{}});
  EXPECT_EQ(refusal(R"({"messages":[{"role":"user","content":"hi"}]})"), "model is missing (model)");
}

TEST_F(OpenAiRequest, an_unknown_model_and_an_encoder_are_refused) {
  const auto unknown = read(R"({"model":"huge","messages":[{"role":"user","content":"hi"}]})");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(http_status_of(unknown.error()), 404U);
  EXPECT_EQ(error_fact(unknown.error(), "code"), "model_not_found");
  const std::string endless(100'000, 'm');
  EXPECT_EQ(refusal(R"({"model":")" + endless + R"(","messages":[{"role":"user","content":"hi"}]})"),
            "model is \"" + std::string(35, 'm') + "..., longer than any name (model)");
  ModelFacts encoder;
  encoder.name = "tiny";
  encoder.embeds_only = true;
  service.set_models({encoder});
  EXPECT_EQ(refusal(with("")), "model 'tiny' gives embeddings only (model)");
}

}  // namespace
}  // namespace hearth::serve
