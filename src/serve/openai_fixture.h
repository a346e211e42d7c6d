// What the tests of the OpenAI endpoints share: a scripted service, requests, and streams taken apart.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "serve/exchange_recorder.h"
#include "serve/json_reader.h"
#include "serve/openai_serving.h"
#include "serve/scripted_service.h"

namespace hearth::serve {

class OpenAiFixture : public ::testing::Test {
 protected:
  // Answers as the route's handler does, within the call.
  RecordedAnswer ask(const Route& route, HttpRequest request) {
    auto exchange = std::make_shared<ExchangeRecorder>(std::move(request));
    route.handler(exchange);
    const RecordedAnswer answer = exchange->answer();
    EXPECT_EQ(answer.n_faults, 0);
    EXPECT_EQ(exchange.use_count(), 1) << "somebody still holds the exchange";
    return answer;
  }
  RecordedAnswer post(const Route& route, const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.path = route.pattern;
    request.body = body;
    request.key = "alice";
    return ask(route, std::move(request));
  }

  // The data of a stream's events; "[DONE]" must be its last and is left out.
  static std::vector<Json> chunks(const RecordedAnswer& answer) {
    EXPECT_TRUE(answer.streamed) << answer.body;
    EXPECT_TRUE(answer.ended);
    std::vector<Json> chunks;
    std::size_t at = 0;
    bool done = false;
    while (at < answer.body.size()) {
      const auto end = answer.body.find("\n\n", at);
      if (end == std::string::npos) break;
      const std::string event = answer.body.substr(at, end - at);
      at = end + 2;
      EXPECT_FALSE(done) << "after the stream's end: " << event;
      EXPECT_EQ(event.substr(0, 6), "data: ");
      done = event == "data: [DONE]";
      if (!done) chunks.push_back(Json::parse(event.substr(6)));
    }
    EXPECT_TRUE(done);
    EXPECT_EQ(at, answer.body.size());
    return chunks;
  }

  ScriptedService service;
  FakeClock clock;
  std::shared_ptr<OpenAiServing> serving = std::make_shared<OpenAiServing>(service, clock, "hearth-test", 1);
};

inline Script call_script() {
  Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 9, .notices = {}}};
  TextDelta delta{.choice = 0, .tokens = {5, 6}, .events = {}, .logprobs = {}};
  delta.events = {{.kind = OutputKind::kReasoning, .text = "hm"},
                  {.kind = OutputKind::kCallStart, .call_index = 0, .call_id = "call_1", .call_name = "look"},
                  {.kind = OutputKind::kCallArguments, .text = R"({"at":)", .call_index = 0}};
  script.emplace_back(delta);
  delta.events = {{.kind = OutputKind::kCallArguments, .text = R"("x"})", .call_index = 0},
                  {.kind = OutputKind::kCallEnd, .call_index = 0},
                  {.kind = OutputKind::kCallStart, .call_index = 1, .call_id = "call_2", .call_name = "go"},
                  {.kind = OutputKind::kCallArguments, .text = "{}", .call_index = 1},
                  {.kind = OutputKind::kCallEnd, .call_index = 1}};
  script.emplace_back(delta);
  script.emplace_back(choice_end());
  script.emplace_back(text_end(9, 4, 3));
  return script;
}

inline TokenLogprobs made_logprobs(Token token, std::string bytes, float logprob) {
  TokenLogprobs made{.chosen = {.token = token, .bytes = bytes, .logprob = logprob}, .top = {}};
  made.top = {{.token = token, .bytes = std::move(bytes), .logprob = logprob},
              {.token = token + 1, .bytes = "other", .logprob = -std::numeric_limits<float>::infinity()}};
  return made;
}

}  // namespace hearth::serve
