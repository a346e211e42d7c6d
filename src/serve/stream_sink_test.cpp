#include "serve/stream_sink.h"

#include <gtest/gtest.h>

#include "serve/exchange_recorder.h"
#include "serve/scripted_service.h"

namespace hearth::serve {
namespace {

// Writes events as words.
class WordForm final : public AnswerForm {
 public:
  void begin(const TextAccepted& accepted, std::string& out) override {
    out += "begin " + std::to_string(accepted.prompt_tokens) + ";";
  }
  void delta(const TextDelta& delta, std::string& out) override {
    for (const OutputEvent& event : delta.events) out += std::to_string(delta.choice) + event.text + ";";
  }
  void choice_end(const ChoiceEnd& end, std::string& out) override {
    out += "end " + std::to_string(end.choice) + std::string(to_string(end.finish)) + ";";
  }
  void end(const TextEnd& end, std::string& out) override {
    out += "over " + std::to_string(end.usage.prompt_tokens) + " " + std::to_string(end.usage.completion_tokens);
  }
  void error(const Error& error, std::string& out) override { out += "error " + error.message; }
  std::string whole(const WholeAnswer& answer) override {
    std::string out = std::to_string(answer.accepted.prompt_tokens) + ":";
    for (const WholeChoice& choice : answer.choices) out += choice.output.content + "/";
    return out + std::to_string(answer.end.usage.completion_tokens);
  }
};

struct Served {
  std::shared_ptr<ExchangeRecorder> exchange = std::make_shared<ExchangeRecorder>(HttpRequest{});
  RecordedAnswer run(ScriptedService& service, std::size_t prompts, bool stream) {
    AnswerOrder order{
        .requests = std::vector<TextRequest>(prompts), .form = std::make_unique<WordForm>(), .stream = stream};
    answer_text(service, exchange, std::move(order));
    return exchange->answer();
  }
};

TEST(StreamSink, streams_what_comes_as_it_comes) {
  ScriptedService service;
  service.will_play(answer_script({"a", "b"}));
  const auto answer = Served().run(service, 1, true);
  EXPECT_EQ(answer.content_type, "text/event-stream");
  EXPECT_EQ(answer.body, "begin 7;0a;0b;end 0stop;over 7 2");
  EXPECT_TRUE(answer.ended);
  EXPECT_EQ(answer.n_faults, 0);
}

TEST(StreamSink, answers_at_once_when_not_streaming) {
  ScriptedService service;
  service.will_play(answer_script({"a", "b"}));
  const auto answer = Served().run(service, 1, false);
  EXPECT_EQ(answer.body, "7:ab/2");
  EXPECT_FALSE(answer.streamed);
}

TEST(StreamSink, holds_back_what_comes_before_all_prompts_are_accepted) {
  ScriptedService service(ScriptedService::Playing::kByHand);
  service.will_play(answer_script({"a"}));
  Served served;
  (void)served.run(service, 2, true);
  service.play(1, 2);
  EXPECT_EQ(served.exchange->answer().status, 0U);
  service.play(2, 2);
  EXPECT_EQ(served.exchange->answer().body, "begin 14;0a;1a;");
  service.play_all(2);
  service.play_all(1);
  EXPECT_EQ(served.exchange->answer().body, "begin 14;0a;1a;end 1stop;end 0stop;over 14 2");
}

TEST(StreamSink, an_error_before_acceptance_has_its_status) {
  ScriptedService service;
  service.will_play({Error(ErrorCode::kOverloaded, "the queue is full").with("retry_after_s", "3")});
  const auto answer = Served().run(service, 3, true);
  EXPECT_EQ(answer.status, 429U);
  EXPECT_FALSE(answer.streamed);
  EXPECT_EQ(service.requests().size(), 1U) << "the other prompts were not tried";
}

TEST(StreamSink, one_refused_prompt_cancels_the_others) {
  ScriptedService service(ScriptedService::Playing::kByHand);
  service.will_play(answer_script({"a"}));
  service.will_play({Error(ErrorCode::kDoesNotFit, "too long")});
  Served served;
  (void)served.run(service, 2, true);
  service.play(1, 2);
  service.play_all(2);
  EXPECT_EQ(served.exchange->answer().status, 413U);
  EXPECT_EQ(service.cancelled(), (std::vector<std::uint64_t>{1, 2}));
  service.play_all(1);
  EXPECT_EQ(served.exchange->answer().n_faults, 0);
}

TEST(StreamSink, a_late_error_goes_into_the_stream) {
  ScriptedService service;
  Script script = answer_script({"a"});
  script.resize(2);
  script.emplace_back(Error(ErrorCode::kWorkerCrashed, "gone"));
  service.will_play(script);
  const auto streamed = Served().run(service, 1, true);
  EXPECT_EQ(streamed.body, "begin 7;0a;error gone");
  EXPECT_TRUE(streamed.ended);
  EXPECT_EQ(Served().run(service, 1, false).status, 502U) << "nothing was sent yet";
}

TEST(StreamSink, a_client_that_leaves_cancels) {
  for (const bool stream : {true, false}) {
    ScriptedService service(ScriptedService::Playing::kByHand);
    Served served;
    (void)served.run(service, 1, stream);
    service.play(1, 2);
    served.exchange->disconnect();
    EXPECT_EQ(service.cancelled(), std::vector<std::uint64_t>{1});
    service.play_all(1);
    EXPECT_EQ(served.exchange->answer().n_faults, 0);
    EXPECT_FALSE(served.exchange->answer().ended);
  }
}

TEST(StreamSink, a_client_that_had_left_before_asks_for_nothing) {
  ScriptedService service;
  Served served;
  served.exchange->disconnect();
  (void)served.run(service, 1, true);
  EXPECT_TRUE(service.requests().empty());
}

TEST(StreamSink, lets_go_of_the_exchange_when_all_is_over) {
  ScriptedService service(ScriptedService::Playing::kByHand);
  Served served;
  (void)served.run(service, 2, true);
  service.play_all(1);
  EXPECT_GT(served.exchange.use_count(), 1);
  service.play_all(2);
  EXPECT_EQ(served.exchange.use_count(), 1);
}

TEST(StreamSink, prompts_may_run_on_threads_of_their_own) {
  ScriptedService service(ScriptedService::Playing::kOnThread);
  service.will_play(answer_script({"a", "b", "c"}));
  Served served;
  (void)served.run(service, 8, false);
  ASSERT_TRUE(served.exchange->wait_ended());
  EXPECT_EQ(served.exchange->answer().body, "56:abc/abc/abc/abc/abc/abc/abc/abc/24");
}

}  // namespace
}  // namespace hearth::serve
