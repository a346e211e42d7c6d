#include "serve/llama_request.h"

#include <gtest/gtest.h>

#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

struct Read {
  LlamaRequest request;
  ReadingNotes notes;
  [[nodiscard]] std::string fault() const { return notes.fault ? notes.fault->message : ""; }
  [[nodiscard]] const SamplingOptions& sampling() const { return request.text.sampling; }
};

Read read(const std::string& body) {
  static const FakeClock clock;
  ScriptedService service;
  ModelFacts facts;
  facts.name = "tiny";
  facts.context_length = 512;
  facts.adapters = {{"poet", "p.gguf", true}, {"coder", "c.gguf", true}};
  service.set_models({facts});
  OpenAiServing serving(service, clock, "test", 1);
  Read result;
  auto json = parse_json_object(body);
  if (!json) {
    ADD_FAILURE() << json.error().message;
    return result;
  }
  result.request = read_llama_request(*json, HttpRequest{}, serving, result.notes);
  return result;
}

std::string body_with(const std::string& members) { return R"({"prompt":"Once",)" + members + "}"; }

TEST(LlamaRequest, has_the_defaults_of_llama_server) {
  const auto got = read(R"({"prompt":"Once"})");
  EXPECT_EQ(got.fault(), "");
  EXPECT_EQ(got.request.text.model, "tiny");
  EXPECT_EQ(got.request.text.max_tokens, 0U);
  EXPECT_FALSE(got.request.text.parse_output);
  EXPECT_TRUE(got.request.text.cache_prompt);
  EXPECT_FLOAT_EQ(got.sampling().temperature, 0.8F);
  EXPECT_EQ(got.sampling().top_k, 40U);
  EXPECT_FLOAT_EQ(got.sampling().top_p, 0.95F);
  EXPECT_FLOAT_EQ(got.sampling().min_p, 0.05F);
  EXPECT_FALSE(got.request.text.logprobs.has_value());
  EXPECT_FALSE(got.request.needs_kit());
  EXPECT_TRUE(got.request.prompts.at(0).is_text());
}

TEST(LlamaRequest, reads_every_field) {
  const auto got = read(body_with(
      R"("n_predict":12,"temperature":0.5,"top_k":7,"top_p":0.9,"min_p":0.2,"repeat_penalty":1.1,"repeat_last_n":-1,)"
      R"("presence_penalty":0.3,"frequency_penalty":0.4,"seed":99,"stop":["a","b"],"stream":true,"cache_prompt":false,)"
      R"("n_probs":3,"ignore_eos":true,"return_tokens":true,"response_fields":["content"],"n_cmpl":2)"));
  EXPECT_EQ(got.fault(), "");
  EXPECT_TRUE(got.notes.ignored.empty());
  EXPECT_EQ(got.request.text.max_tokens, 12U);
  EXPECT_FLOAT_EQ(got.sampling().temperature, 0.5F);
  EXPECT_EQ(got.sampling().top_k, 7U);
  EXPECT_FLOAT_EQ(got.sampling().top_p, 0.9F);
  EXPECT_FLOAT_EQ(got.sampling().min_p, 0.2F);
  EXPECT_FLOAT_EQ(got.sampling().repeat_penalty, 1.1F);
  EXPECT_EQ(got.sampling().penalty_last_n, 512U);
  EXPECT_FLOAT_EQ(got.sampling().presence_penalty, 0.3F);
  EXPECT_FLOAT_EQ(got.sampling().frequency_penalty, 0.4F);
  EXPECT_EQ(got.sampling().seed, 99U);
  EXPECT_EQ(got.request.text.stop, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(got.request.text.cache_prompt);
  EXPECT_EQ(got.request.text.logprobs, 3U);
  EXPECT_TRUE(got.request.text.ignore_end);
  EXPECT_TRUE(got.request.wishes.stream);
  EXPECT_TRUE(got.request.wishes.return_tokens);
  EXPECT_EQ(got.request.wishes.response_fields, (std::vector<std::string>{"content"}));
  EXPECT_EQ(got.request.text.choices, 2U);
}

TEST(LlamaRequest, reads_n_predict_as_llama_server_does) {
  EXPECT_EQ(read(body_with(R"("n_predict":-1)")).request.text.max_tokens, 0U);
  EXPECT_EQ(read(body_with(R"("n_predict":0)")).request.text.max_tokens, 1U);
  EXPECT_EQ(read(body_with(R"("max_tokens":5)")).request.text.max_tokens, 5U);
}

TEST(LlamaRequest, draws_a_new_seed_of_32_bits_for_minus_one) {
  const auto got = read(body_with(R"("seed":-1)"));
  EXPECT_LT(got.sampling().seed, 1ULL << 32U);
  EXPECT_NE(read(body_with(R"("seed":4294967295)")).sampling().seed, 4294967295U);
}

TEST(LlamaRequest, takes_prompts_in_every_form) {
  const auto count = [](const std::string& prompt) {
    const auto got = read(R"({"prompt":)" + prompt + "}");
    EXPECT_EQ(got.fault(), "") << prompt;
    return got.request.prompts.size();
  };
  EXPECT_EQ(count(R"("a")"), 1U);
  EXPECT_EQ(count("[1,2,3]"), 1U);
  EXPECT_EQ(count(R"([1,"a",3])"), 1U);
  EXPECT_EQ(count(R"({"prompt_string":"a"})"), 1U);
  EXPECT_EQ(count(R"(["a","b"])"), 2U);
  EXPECT_EQ(count(R"(["a",[1,2],{"prompt_string":"c"}])"), 3U);
  EXPECT_EQ(count(R"([[1,"a"],[2]])"), 2U);
  EXPECT_TRUE(read(R"({"prompt":["a","b"]})").request.needs_kit());
  EXPECT_TRUE(read(R"({"prompt":[1,2]})").request.needs_kit());
}

TEST(LlamaRequest, resolves_a_mixed_prompt) {
  const auto got = read(R"({"prompt":[65,"bc",68]})");
  const auto resolved = resolve_prompt(ScriptedKit(), got.request.prompts.at(0));
  ASSERT_TRUE(resolved.has_value());
  EXPECT_EQ(resolved->tokens, (std::vector<Token>{65, 'b', 'c', 68}));
  EXPECT_EQ(resolved->text, "AbcD");
  EXPECT_FALSE(resolve_prompt(ScriptedKit(), LlamaPrompt{{Token{9999}}}).has_value());
}

TEST(LlamaRequest, reads_logit_bias_in_every_form) {
  const auto pairs = read(body_with(R"("logit_bias":[[5,1.5],[6,false],["Hi",-2]])"));
  EXPECT_EQ(pairs.fault(), "");
  EXPECT_EQ(pairs.sampling().logit_bias, (std::vector<std::pair<Token, float>>{{5, 1.5F}, {6, -100.0F}}));
  EXPECT_EQ(pairs.request.bias_texts, (std::vector<std::pair<std::string, float>>{{"Hi", -2.0F}}));
  EXPECT_TRUE(pairs.request.needs_kit());
  const auto named = read(body_with(R"("logit_bias":{"7":3,"Hi":false})"));
  EXPECT_EQ(named.sampling().logit_bias, (std::vector<std::pair<Token, float>>{{7, 3.0F}}));
  EXPECT_EQ(named.request.bias_texts, (std::vector<std::pair<std::string, float>>{{"Hi", -100.0F}}));
}

TEST(LlamaRequest, reads_what_the_answer_is_held_to) {
  const auto schema = read(body_with(R"("json_schema":{"type":"object"})"));
  ASSERT_TRUE(schema.request.text.constraint.has_value());
  EXPECT_EQ(schema.request.text.constraint->kind, ConstraintKind::kJsonSchema);
  const auto grammar = read(body_with(R"("grammar":"root ::= \"a\"")"));
  EXPECT_EQ(grammar.request.text.constraint->kind, ConstraintKind::kGrammar);
}

TEST(LlamaRequest, switches_off_samplers_that_are_left_out) {
  const auto got = read(body_with(R"("samplers":["top_k","temperature"],"repeat_penalty":1.3,"top_k":5)"));
  EXPECT_EQ(got.sampling().top_k, 5U);
  EXPECT_FLOAT_EQ(got.sampling().temperature, 0.8F);
  EXPECT_FLOAT_EQ(got.sampling().top_p, 1);
  EXPECT_FLOAT_EQ(got.sampling().min_p, 0);
  EXPECT_FLOAT_EQ(got.sampling().repeat_penalty, 1);
}

TEST(LlamaRequest, finds_adapters_by_llama_servers_ids) {
  const auto got = read(body_with(R"("lora":[{"id":1,"scale":0.5},{"id":0,"scale":0}])"));
  EXPECT_EQ(got.fault(), "");
  ASSERT_EQ(got.request.text.adapters.size(), 1U);
  EXPECT_EQ(got.request.text.adapters[0].name, "coder");
  EXPECT_FLOAT_EQ(got.request.text.adapters[0].scale, 0.5F);
}

TEST(LlamaRequest, names_what_it_ignores_and_takes_what_is_off) {
  const auto got = read(body_with(
      R"("id_slot":3,"n_keep":4,"dynatemp_range":0.0,"typical_p":1.0,"mirostat":0,"min_keep":0,"dry_base":1.7)"));
  EXPECT_EQ(got.fault(), "");
  EXPECT_EQ(got.notes.ignored, (std::vector<std::string>{"id_slot", "n_keep"}));
}

TEST(LlamaRequest, names_what_is_wrong_and_where) {
  const std::vector<std::pair<std::string, std::string>> refusals = {
      {"{}", "prompt is missing"},
      {R"({"prompt":3})", "prompt must be a text, tokens, or a list of these"},
      {R"({"prompt":[]})", "prompt is empty"},
      {R"({"prompt":[1,-2]})", "prompt has an item that is neither a text nor a token"},
      {R"({"prompt":["a",[true]]})", "prompt[1] has an item that is neither"},
      {R"({"prompt":{"text":"a"}})", "prompt.prompt_string is missing"},
      {R"({"prompt":{"prompt_string":"a","multimodal_data":["x"]}})", "prompt.multimodal_data has media"},
      {body_with(R"("model":"big")"), "there is no model named 'big'"},
      {body_with(R"("n_predict":"a")"), "n_predict must be a whole number"},
      {body_with(R"("n_predict":-3)"), "n_predict must be a whole number"},
      {body_with(R"("mirostat":2)"), "mirostat is not supported"},
      {body_with(R"("xtc_probability":0.5)"), "xtc_probability is not supported"},
      {body_with(R"("typical_p":0.5)"), "typical_p is not supported"},
      {body_with(R"("post_sampling_probs":true)"), "post_sampling_probs is not supported"},
      {body_with(R"("samplers":"kfypmt")"), "samplers must be a list of names"},
      {body_with(R"("logit_bias":[[5]])"), "logit_bias must hold pairs"},
      {body_with(R"("logit_bias":[[5,true]])"), "logit_bias must hold pairs"},
      {body_with(R"("json_schema":{},"grammar":"x")"), "hold the answer to more than one form"},
      {body_with(R"("n_cmpl":1000)"), "n_cmpl must be a whole number"},
      {R"({"prompt":["a","b","c"],"n_cmpl":64})", "ask for more than 128 answers"},
  };
  for (const auto& [body, message] : refusals)
    EXPECT_NE(read(body).fault().find(message), std::string::npos) << body << "\n" << read(body).fault();
}

}  // namespace
}  // namespace hearth::serve
