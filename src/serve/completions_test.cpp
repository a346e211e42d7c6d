#include "serve/completions.h"

#include <gtest/gtest.h>

#include "serve/openai_fixture.h"

namespace hearth::serve {
namespace {

class Completions : public OpenAiFixture {
 protected:
  RecordedAnswer complete(const std::string& fields) { return post(route_, R"({"model":"tiny")" + fields + "}"); }
  Json body_of(const std::string& fields) {
    const auto answer = complete(fields);
    EXPECT_EQ(answer.status, 200U) << answer.body;
    return Json::parse(answer.body);
  }
  const Route route_ = completions_route(serving);
};

TEST_F(Completions, answers_whole_and_streamed) {
  const Json body = body_of(R"(,"prompt":"Once","max_tokens":3)");
  EXPECT_EQ(body["id"].get<std::string>().substr(0, 5), "cmpl-");
  EXPECT_EQ(body["object"], "text_completion");
  EXPECT_EQ(body["choices"],
            Json::parse(R"([{"text":"Hello world","index":0,"logprobs":null,"finish_reason":"stop"}])"));
  EXPECT_EQ(body["usage"]["total_tokens"], 9);
  const TextRequest request = service.last_request();
  EXPECT_EQ(std::get<PlainPrompt>(request.prompt).text, "Once");
  EXPECT_FALSE(request.parse_output);
  EXPECT_EQ(request.max_tokens, 3U);
  const auto events = chunks(complete(R"(,"prompt":"Once","stream":true,"stream_options":{"include_usage":true})"));
  ASSERT_EQ(events.size(), 4U);
  EXPECT_EQ(events[0]["choices"], Json::parse(R"([{"text":"Hello","index":0,"logprobs":null,"finish_reason":null}])"));
  EXPECT_EQ(events[2]["choices"], Json::parse(R"([{"text":"","index":0,"logprobs":null,"finish_reason":"stop"}])"));
  EXPECT_EQ(events[3]["choices"], Json::array());
  EXPECT_EQ(events[3]["usage"], body["usage"]);
  EXPECT_EQ(service.last_request().max_tokens, 16U) << "OpenAI's default";
}

TEST_F(Completions, several_prompts_are_several_requests_with_their_choices_counted_through) {
  Script two{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 2, .notices = {}}};
  for (const std::uint32_t choice : {0U, 1U}) two.emplace_back(content_delta("c" + std::to_string(choice), choice));
  for (const std::uint32_t choice : {0U, 1U}) two.emplace_back(choice_end(FinishReason::kStop, choice));
  two.emplace_back(text_end(2, 2));
  service.will_play(two);
  const Json body = body_of(R"(,"prompt":["a","b"],"n":2,"echo":true)");
  ASSERT_EQ(body["choices"].size(), 4U);
  const char* texts[] = {"ac0", "ac1", "bc0", "bc1"};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(body["choices"][i]["index"], i);
    EXPECT_EQ(body["choices"][i]["text"], texts[i]);
  }
  EXPECT_EQ(body["usage"]["prompt_tokens"], 4);
  EXPECT_EQ(body["usage"]["completion_tokens"], 4);
  std::vector<std::string> joined(4);
  for (const Json& event : chunks(complete(R"(,"prompt":["a","b"],"n":2,"echo":true,"stream":true)")))
    joined[event["choices"][0]["index"].get<std::size_t>()] += event["choices"][0]["text"].get<std::string>();
  EXPECT_EQ(joined, std::vector<std::string>(texts, texts + 4));
}

TEST_F(Completions, prompts_may_be_tokens) {
  (void)body_of(R"(,"prompt":[72,105])");
  EXPECT_EQ(std::get<std::vector<Token>>(service.last_request().prompt), (std::vector<Token>{72, 105}));
  const Json body = body_of(R"(,"prompt":[[72,105],[33]],"echo":true)");
  EXPECT_EQ(body["choices"][0]["text"], "HiHello world") << "written out by the model's tokenizer";
  EXPECT_EQ(body["choices"][1]["text"], "!Hello world");
  EXPECT_EQ(complete(R"(,"prompt":[300],"echo":true)").status, 400U);
}

TEST_F(Completions, logprobs_in_the_form_of_old) {
  Script script = answer_script({"a", "\xc3\xa9x"});
  std::get<TextDelta>(script[1]).logprobs = {made_logprobs(1, "a", -0.5F), made_logprobs(5, "\xc3", -1)};
  std::get<TextDelta>(script[2]).logprobs = {made_logprobs(6, "\xa9x", -2)};
  std::get<TextDelta>(script[2]).logprobs[0].top.erase(std::get<TextDelta>(script[2]).logprobs[0].top.begin());
  service.will_play(script);
  const Json logprobs = body_of(R"(,"prompt":"x","logprobs":1)")["choices"][0]["logprobs"];
  EXPECT_EQ(service.last_request().logprobs, 1U);
  EXPECT_EQ(logprobs["tokens"], Json::parse(R"(["a","bytes:\\xc3","bytes:\\xa9\\x78"])"));
  EXPECT_EQ(logprobs["token_logprobs"], Json::parse("[-0.5,-1,-2]"));
  EXPECT_EQ(logprobs["text_offset"], Json::parse("[0,1,2]"));
  EXPECT_EQ(logprobs["top_logprobs"][0], Json::parse(R"({"a":-0.5,"other":-9999})"));
  EXPECT_EQ(logprobs["top_logprobs"][2], Json::parse(R"({"other":-9999,"bytes:\\xa9\\x78":-2})"));
  const auto events = chunks(complete(R"(,"prompt":"x","logprobs":1,"stream":true)"));
  EXPECT_EQ(events[0]["choices"][0]["logprobs"]["text_offset"], Json::parse("[0,1]"));
  EXPECT_EQ(events[1]["choices"][0]["logprobs"]["text_offset"], Json::parse("[2]"));
}

TEST_F(Completions, notices_and_ignored_fields_are_told) {
  const auto answer = complete(R"(,"prompt":"x","what":1)");
  EXPECT_EQ(Json::parse(answer.body)["hearth"]["ignored"], Json::parse(R"(["what"])"));
  EXPECT_EQ(answer.headers, (Headers{{"x-hearth-ignored", "what"}}));
}

TEST_F(Completions, refuses_by_name) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "prompt"},
      {R"(,"prompt":7)", "prompt"},
      {R"(,"prompt":[])", "prompt"},
      {R"(,"prompt":["a",1])", "prompt"},
      {R"(,"prompt":[-1])", "prompt"},
      {R"(,"prompt":[99999999999])", "prompt"},
      {R"(,"prompt":[[]])", "prompt"},
      {R"(,"prompt":"x","suffix":"y")", "suffix"},
      {R"(,"prompt":"x","best_of":2)", "best_of"},
      {R"(,"prompt":"x","echo":true,"logprobs":1)", "echo"},
      {R"(,"prompt":"x","max_tokens":-5)", "max_tokens"},
      {R"(,"prompt":"x","logprobs":true)", "logprobs"},
  };
  for (const auto& [fields, param] : cases) {
    const auto answer = complete(fields);
    EXPECT_EQ(answer.status, 400U) << fields;
    EXPECT_EQ(Json::parse(answer.body)["error"]["param"], param) << answer.body;
  }
  std::string many = R"(,"n":100,"prompt":["a")";
  for (int i = 0; i < 20; ++i) many += R"(,"a")";
  EXPECT_EQ(complete(many + "]").status, 400U);
  EXPECT_TRUE(service.requests().empty());
  EXPECT_EQ(complete(R"(,"prompt":"x","suffix":"","best_of":1)").status, 200U) << "empty and neutral ones are no wish";
}

}  // namespace
}  // namespace hearth::serve
