#include "serve/llama_routes.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "serve/exchange_recorder.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

using nlohmann::json;

std::vector<json> chunks_of(const std::string& body) {
  std::vector<json> chunks;
  for (std::size_t at = 0; at < body.size();) {
    const auto end = body.find("\n\n", at);
    if (end == std::string::npos || body.compare(at, 6, "data: ") != 0) {
      ADD_FAILURE() << "no event: " << body.substr(at);
      break;
    }
    chunks.push_back(json::parse(body.substr(at + 6, end - at - 6)));
    at = end + 2;
  }
  return chunks;
}

struct Served {
  ScriptedService service;
  FakeClock clock;
  OpenAiServing serving{service, clock, "hearth-test", 1};

  RecordedAnswer ask(const std::string& pattern, const std::string& body,
                     std::map<std::string, std::string> query = {}) {
    HttpRequest request;
    request.body = body;
    request.query = std::move(query);
    const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
    for (const auto& route : llama_routes(serving))
      if (route.pattern == pattern) route.handler(exchange);
    EXPECT_EQ(exchange->answer().n_faults, 0);
    return exchange->answer();
  }
  json ask_json(const std::string& pattern, const std::string& body, std::map<std::string, std::string> query = {}) {
    return json::parse(ask(pattern, body, std::move(query)).body);
  }
};

Script timed_script(FinishReason finish = FinishReason::kStop, std::string matched = {}) {
  Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 7, .notices = {}}};
  script.emplace_back(content_delta("Hel"));
  script.emplace_back(content_delta("lo\n"));
  script.emplace_back(ChoiceEnd{.choice = 0, .finish = finish, .stop_matched = std::move(matched)});
  TextEnd end = text_end(7, 2, 4);
  end.metrics.prompt_tokens = 7;
  end.metrics.reused_tokens = 4;
  end.metrics.prefill_ms = 30;
  end.metrics.completion_tokens = 2;
  end.metrics.decode_ms = 10;
  script.emplace_back(end);
  return script;
}

TEST(LlamaCompletion, answers_with_llama_servers_fields) {
  for (const char* path : {"/completion", "/completions"}) {
    Served served;
    served.service.will_play(timed_script());
    const auto answer = served.ask(path, R"({"prompt":"Say","n_predict":8,"return_tokens":true,"id_slot":2})");
    EXPECT_EQ(answer.status, 200U);
    EXPECT_EQ(answer.headers, (Headers{{"x-hearth-ignored", "id_slot"}}));
    const auto got = json::parse(answer.body);
    EXPECT_EQ(got["index"], 0);
    EXPECT_EQ(got["content"], "Hello\n");
    EXPECT_EQ(got["tokens"], (json{1, 1}));
    EXPECT_EQ(got["stop"], true);
    EXPECT_EQ(got["model"], "tiny");
    EXPECT_EQ(got["prompt"], "Say");
    EXPECT_EQ(got["tokens_predicted"], 2);
    EXPECT_EQ(got["tokens_evaluated"], 7);
    EXPECT_EQ(got["tokens_cached"], 4);
    EXPECT_EQ(got["has_new_line"], true);
    EXPECT_EQ(got["truncated"], false);
    EXPECT_EQ(got["stop_type"], "eos");
    EXPECT_EQ(got["stopping_word"], "");
    EXPECT_EQ(got["generation_settings"]["n_predict"], 8);
    EXPECT_EQ(got["timings"]["cache_n"], 4);
    EXPECT_EQ(got["timings"]["prompt_n"], 3);
    EXPECT_EQ(got["timings"]["prompt_per_second"], 100);
    EXPECT_EQ(got["timings"]["predicted_n"], 2);
    EXPECT_EQ(got["hearth"]["ignored"], (json{"id_slot"}));
    const auto request = served.service.last_request();
    EXPECT_EQ(std::get<PlainPrompt>(request.prompt).text, "Say");
    EXPECT_TRUE(std::get<PlainPrompt>(request.prompt).parse_special);
  }
}

TEST(LlamaCompletion, gives_token_ids_only_when_asked) {
  Served served;
  EXPECT_EQ(served.ask_json("/completion", R"({"prompt":"a"})")["tokens"], json::array());
}

TEST(LlamaCompletion, says_why_it_stopped) {
  Served served;
  served.service.will_play(timed_script(FinishReason::kStop, "END"));
  served.service.will_play(timed_script(FinishReason::kLength));
  const auto word = served.ask_json("/completion", R"({"prompt":"a"})");
  EXPECT_EQ(word["stop_type"], "word");
  EXPECT_EQ(word["stopping_word"], "END");
  const auto limit = served.ask_json("/completion", R"({"prompt":"a","n_predict":2})");
  EXPECT_EQ(limit["stop_type"], "limit");
  EXPECT_EQ(limit["truncated"], false);
  // The context was full before the tokens asked for were there.
  EXPECT_EQ(served.ask_json("/completion", R"({"prompt":"a","n_predict":9})")["truncated"], true);
}

TEST(LlamaCompletion, streams_chunks_and_a_last_one_with_everything) {
  Served served;
  served.service.will_play(timed_script());
  const auto answer = served.ask("/completion", R"({"prompt":"Say","stream":true})");
  EXPECT_EQ(answer.content_type, "text/event-stream");
  EXPECT_TRUE(answer.ended);
  const auto chunks = chunks_of(answer.body);
  ASSERT_EQ(chunks.size(), 3U);
  EXPECT_EQ(chunks[0], (json{{"index", 0},
                             {"content", "Hel"},
                             {"tokens", {1}},
                             {"stop", false},
                             {"id_slot", -1},
                             {"tokens_predicted", 1},
                             {"tokens_evaluated", 7}}));
  EXPECT_EQ(chunks[1]["content"], "lo\n");
  EXPECT_EQ(chunks[1]["tokens_predicted"], 2);
  EXPECT_EQ(chunks[2]["stop"], true);
  EXPECT_EQ(chunks[2]["content"], "");
  EXPECT_EQ(chunks[2]["stop_type"], "eos");
  EXPECT_EQ(chunks[2]["has_new_line"], true);
  EXPECT_EQ(chunks[2]["timings"]["predicted_per_second"], 100);
}

TEST(LlamaCompletion, gives_probabilities_with_ids) {
  Script script = answer_script({"a"});
  auto& delta = std::get<TextDelta>(script[1]);
  delta.logprobs.push_back(
      {.chosen = {.token = 5, .bytes = "a", .logprob = -0.5F},
       .top = {{.token = 5, .bytes = "a", .logprob = -0.5F}, {.token = 6, .bytes = "\xc3", .logprob = -1.5F}}});
  Served served;
  served.service.will_play(script);
  const json wanted = {{{"id", 5},
                        {"token", "a"},
                        {"bytes", {97}},
                        {"logprob", -0.5},
                        {"top_logprobs",
                         {{{"id", 5}, {"token", "a"}, {"bytes", {97}}, {"logprob", -0.5}},
                          {{"id", 6}, {"token", "\xef\xbf\xbd"}, {"bytes", {195}}, {"logprob", -1.5}}}}}};
  EXPECT_EQ(served.ask_json("/completion", R"({"prompt":"a","n_probs":2})")["completion_probabilities"], wanted);
  const auto chunks = chunks_of(served.ask("/completion", R"({"prompt":"a","n_probs":2,"stream":true})").body);
  EXPECT_EQ(chunks[0]["completion_probabilities"], wanted);
}

TEST(LlamaCompletion, answers_several_prompts_with_a_list) {
  Served served;
  served.service.will_play(answer_script({"one"}));
  served.service.will_play(answer_script({"two"}));
  const auto list = served.ask_json("/completion", R"({"prompt":["ab",[99,"de"]]})");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["content"], "one");
  EXPECT_EQ(list[0]["prompt"], "ab");
  EXPECT_EQ(list[0]["tokens_evaluated"], 2);
  EXPECT_EQ(list[1]["index"], 1);
  EXPECT_EQ(list[1]["content"], "two");
  EXPECT_EQ(list[1]["prompt"], "cde");
  EXPECT_EQ(list[1]["tokens_evaluated"], 3);
}

TEST(LlamaCompletion, streams_several_prompts_by_index) {
  Served served;
  const auto chunks = chunks_of(served.ask("/completion", R"({"prompt":["a","b"],"stream":true})").body);
  ASSERT_EQ(chunks.size(), 6U);
  EXPECT_EQ(chunks[4]["index"], 0);
  EXPECT_EQ(chunks[5]["index"], 1);
  EXPECT_EQ(chunks[5]["prompt"], "b");
}

TEST(LlamaCompletion, biases_the_tokens_of_a_text) {
  Served served;
  (void)served.ask("/completion", R"({"prompt":"x","logit_bias":[["ab",-3]]})");
  EXPECT_EQ(served.service.last_request().sampling.logit_bias,
            (std::vector<std::pair<Token, float>>{{'a', -3.0F}, {'b', -3.0F}}));
}

TEST(LlamaCompletion, gives_only_the_fields_asked_for) {
  Served served;
  served.service.will_play(timed_script());
  EXPECT_EQ(served.ask_json("/completion",
                            R"({"prompt":"a","response_fields":["content","timings/predicted_n","no/such","stop/x"]})"),
            (json{{"content", "Hello\n"}, {"timings/predicted_n", 2}}));
}

TEST(LlamaCompletion, errors_have_their_status_and_in_a_stream_their_event) {
  Served served;
  EXPECT_EQ(served.ask("/completion", "{").status, 400U);
  EXPECT_EQ(served.ask("/completion", "{}").status, 400U);
  EXPECT_EQ(served.ask("/completion", R"({"prompt":[9999]})").status, 400U);
  Script script = answer_script({"Hel"});
  script.resize(2);
  script.emplace_back(Error(ErrorCode::kWorkerCrashed, "the worker is gone"));
  served.service.will_play(script);
  const auto answer = served.ask("/completion", R"({"prompt":"a","stream":true})");
  EXPECT_EQ(answer.status, 200U);
  EXPECT_EQ(chunks_of(answer.body).back()["error"]["message"], "the worker is gone");
}

TEST(LlamaTokens, are_given_with_and_without_pieces) {
  Served served;
  EXPECT_EQ(served.ask("/tokenize", R"({"content":"Hi"})").body, R"({"tokens":[72,105]})");
  EXPECT_EQ(served.ask("/tokenize", "{\"content\":\"a\xc3\xa9\",\"with_pieces\":true}").body,
            R"({"tokens":[{"id":97,"piece":"a"},{"id":195,"piece":[195]},{"id":169,"piece":[169]}]})");
  EXPECT_NE(served.ask("/tokenize", "{}").body.find("content is missing"), std::string::npos);
  EXPECT_EQ(served.ask("/tokenize", R"({"content":7})").status, 400U);
}

TEST(LlamaTokens, become_text_again) {
  Served served;
  EXPECT_EQ(served.ask("/detokenize", R"({"tokens":[72,105]})").body, R"({"content":"Hi"})");
  EXPECT_EQ(served.ask("/detokenize", R"({"tokens":[195]})").body, "{\"content\":\"\xef\xbf\xbd\"}");
  EXPECT_EQ(served.ask("/detokenize", R"({"tokens":[9999]})").status, 400U);
  EXPECT_NE(served.ask("/detokenize", R"({"tokens":[1,"a"]})").body.find("tokens[1] must be a token id"),
            std::string::npos);
  EXPECT_EQ(served.ask("/detokenize", "{}").status, 400U);
}

TEST(LlamaTokens, a_conversation_becomes_its_prompt) {
  Served served;
  EXPECT_EQ(served.ask("/apply-template", R"({"messages":[{"role":"user","content":"Hi"}]})").body,
            R"({"prompt":"user: Hi\nassistant:"})");
  EXPECT_EQ(
      served.ask("/apply-template", R"({"messages":[{"role":"user","content":"Hi"}],"add_generation_prompt":false})")
          .body,
      R"({"prompt":"user: Hi\n"})");
  EXPECT_EQ(served.ask("/apply-template", "{}").status, 400U);
}

TEST(LlamaTokens, pass_on_why_a_model_can_not_be_loaded) {
  Served served;
  served.service.will_give_kit(fail(ErrorCode::kOutOfMemory, "no room"));
  EXPECT_EQ(served.ask("/tokenize", R"({"content":"Hi"})").status, 507U);
}

ModelFacts resident_model() {
  ModelFacts facts;
  facts.name = "tiny";
  facts.path = "tiny.gguf";
  facts.context_length = 2048;
  facts.slots = 4;
  facts.chat_template = "{{ x }}";
  return facts;
}

TEST(LlamaProps, tell_of_a_model_without_loading_it) {
  Served served;
  served.service.set_models({resident_model()});
  served.service.will_give_kit(fail(ErrorCode::kInternal, "must not be asked"));
  const auto props = served.ask_json("/props", "");
  EXPECT_EQ(props["default_generation_settings"]["n_ctx"], 2048);
  EXPECT_EQ(props["default_generation_settings"]["params"]["top_k"], 40);
  EXPECT_EQ(props["default_generation_settings"]["params"]["seed"], 4294967295);
  EXPECT_EQ(props["total_slots"], 4);
  EXPECT_EQ(props["model_path"], "tiny.gguf");
  EXPECT_EQ(props["chat_template"], "{{ x }}");
  EXPECT_EQ(props["build_info"], "hearth-test");
  EXPECT_EQ(props["is_sleeping"], true);
}

TEST(LlamaProps, have_the_tokens_of_a_resident_model) {
  Served served;
  auto facts = resident_model();
  facts.state = ModelState::kResident;
  served.service.set_models({facts});
  const auto props = served.ask_json("/props", "");
  EXPECT_EQ(props["is_sleeping"], false);
  EXPECT_EQ(props["bos_token"], "");  // the scripted vocabulary has none
  EXPECT_EQ(served.ask("/props", "", {{"model", "big"}}).status, 404U);
}

// A service with one busy slot of two, or of one.
class SlotService final : public TextService {
 public:
  std::uint32_t idle = 1;
  std::uint64_t submit(TextRequest, std::shared_ptr<TextListener>) override { return 0; }
  void cancel(std::uint64_t) override {}
  void embed(EmbeddingRequest, std::function<void(Result<EmbeddingResult>)>) override {}
  void with_kit(const std::string&, std::function<void(Result<std::shared_ptr<const TextKit>>)>) override {}
  void load_adapter(const std::string&, const std::string&, const std::string&, std::function<void(Status)>) override {}
  void unload_adapter(const std::string&, const std::string&, std::function<void(Status)>) override {}
  [[nodiscard]] std::vector<ModelFacts> models() const override {
    auto facts = resident_model();
    facts.slots = 1 + idle;
    return {facts};
  }
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override {
    if (name != "tiny") return fail(ErrorCode::kNotFound, "there is no such model");
    return resident_model();
  }
  [[nodiscard]] EngineStatus status() const override {
    EngineStatus status;
    status.models = models();
    ModelLoad load;
    load.model = "tiny";
    load.slots.push_back(
        {.index = 0, .request = 17, .decoding = true, .prompt_tokens = 30, .computed_tokens = 35, .sent_tokens = 5});
    status.loads.push_back(load);
    return status;
  }
};

RecordedAnswer ask_slots(const SlotService& slots, std::map<std::string, std::string> query) {
  SlotService service = slots;
  const FakeClock clock;
  OpenAiServing serving(service, clock, "test", 1);
  HttpRequest request;
  request.query = std::move(query);
  const auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
  llama_routes(serving).back().handler(exchange);
  return exchange->answer();
}

TEST(LlamaSlots, tell_what_each_does) {
  const auto slots = json::parse(ask_slots({}, {}).body);
  ASSERT_EQ(slots.size(), 2U);
  EXPECT_EQ(slots[0], (json{{"id", 0},
                            {"model", "tiny"},
                            {"n_ctx", 2048},
                            {"is_processing", true},
                            {"id_task", 17},
                            {"n_prompt_tokens", 30},
                            {"n_prompt_tokens_processed", 30},
                            {"next_token", {{{"has_next_token", true}, {"n_decoded", 5}}}}}));
  EXPECT_EQ(slots[1]["is_processing"], false);
  EXPECT_EQ(slots[1]["id_task"], -1);
}

TEST(LlamaSlots, are_503_where_none_is_idle_and_that_was_asked) {
  SlotService full;
  full.idle = 0;
  EXPECT_EQ(ask_slots(full, {}).status, 200U);
  EXPECT_EQ(ask_slots(full, {{"fail_on_no_slot", "1"}}).status, 503U);
  EXPECT_EQ(ask_slots({}, {{"fail_on_no_slot", "1"}}).status, 200U);
  EXPECT_EQ(ask_slots({}, {{"model", "big"}}).status, 404U);
}

TEST(LlamaRoutes, have_schemas_that_are_json) {
  Served served;
  for (const auto& route : llama_routes(served.serving)) {
    if (route.method == "POST") {
      EXPECT_TRUE(json::accept(route.request_schema)) << route.pattern;
    }
    EXPECT_TRUE(json::accept(route.response_schema)) << route.pattern;
    EXPECT_FALSE(route.summary.empty()) << route.pattern;
  }
}

}  // namespace
}  // namespace hearth::serve
