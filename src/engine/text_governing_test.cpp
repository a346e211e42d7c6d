// What the governor and the watchdog ask of text models, carried out.
#include <thread>

#include "engine/engine_fixture.h"

namespace hearth {
namespace {

constexpr const char* kWords =
    R"({"hearth_fake": 1, "name": "words", "context_length": 4096, "otherwise": {"rule": "text", "text": "on and on "}})";
constexpr const char* kSlow =
    R"({"hearth_fake": 1, "name": "slow", "context_length": 4096, "otherwise": {"rule": "text", "text": "slowly "},
        "latency": {"decode_us": 5000}})";
constexpr const char* kHangs =
    R"({"hearth_fake": 1, "name": "hangs", "context_length": 4096, "otherwise": {"rule": "text", "text": "and then "},
        "faults": [{"call": "decode", "nth": 4, "do": "hang", "for_ms": 20000}]})";
constexpr const char* kDies =
    R"({"hearth_fake": 1, "name": "dies", "context_length": 4096, "otherwise": {"rule": "text", "text": "never "},
        "faults": [{"call": "decode", "nth": 1, "do": "error", "code": "unavailable", "message": "scripted: gone"}]})";

class Governing : public EngineTest {
 protected:
  void hold(TextLimits limits) {
    TextGovernance governance;
    governance.limits = std::move(limits);
    engine().govern(std::move(governance));
  }
  [[nodiscard]] std::string rung(const std::string& model) {
    const auto facts = engine().model(model);
    return facts ? facts->rung : to_string(facts.error());
  }
};

TEST_F(Governing, short_answers_end_at_the_bound_and_say_why) {
  provider_.offer("words", {kWords});
  hold({.rung = "short answers", .max_new_tokens = 7});
  const auto got = answer(text("words", "go", 50));
  ASSERT_FALSE(got->error()) << to_string(*got->error());
  EXPECT_EQ(got->tokens().size(), 7U);
  EXPECT_EQ(got->choice_end().finish, FinishReason::kLength);
  ASSERT_EQ(got->accepted().size(), 1U);
  ASSERT_EQ(got->accepted()[0].notices.size(), 1U);
  EXPECT_NE(got->accepted()[0].notices[0].find("short answers"), std::string::npos);
  EXPECT_EQ(rung("words"), "short answers");
  hold({});
  EXPECT_EQ(answer(text("words", "go", 50))->tokens().size(), 50U) << "and back again";
  EXPECT_EQ(rung("words"), "");
}

TEST_F(Governing, a_smaller_model_takes_new_requests_and_a_stream_ends_where_it_began) {
  provider_.offer("big", {kSlow});
  provider_.offer("small", {kWords});
  const auto under_way = submit(text("big", "go", 60));
  ASSERT_TRUE(under_way->wait_for_tokens(3));
  hold({.rung = "smaller model", .instead = {{"big", "small"}}});
  const auto fresh = answer(text("big", "go", 5));
  ASSERT_EQ(fresh->accepted().size(), 1U);
  EXPECT_EQ(fresh->accepted()[0].model, "small");
  EXPECT_FALSE(fresh->accepted()[0].notices.empty()) << "the client is told";
  ASSERT_TRUE(under_way->wait());
  EXPECT_FALSE(under_way->error());
  EXPECT_EQ(under_way->tokens().size(), 60U);
  EXPECT_EQ(under_way->accepted()[0].model, "big");
}

TEST_F(Governing, a_model_that_another_answers_for_leaves_once_it_has_no_work) {
  provider_.offer("big", {kWords});
  (void)answer(text("big", "go", 2));
  engine().residents().set_leaving("big", true);
  for (int i = 0; i < 200 && engine().model("big")->state != ModelState::kAbsent; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_EQ(engine().model("big")->state, ModelState::kAbsent);
  engine().residents().set_leaving("big", false);
  EXPECT_FALSE(answer(text("big", "go", 2))->error()) << "and comes back when it is asked for";
}

TEST_F(Governing, fewer_run_at_once_and_all_are_answered) {
  provider_.offer("slow", {.script = kSlow, .slots = 4});
  (void)answer(text("slow", "warm", 1));
  hold({.rung = "fewer at once", .concurrency_share = 0.25});
  std::vector<std::shared_ptr<RecordingListener>> all;
  for (int i = 0; i < 4; ++i) all.push_back(submit(text("slow", "go", 12)));
  std::size_t most = 0;
  for (const auto& each : all) {
    while (!each->over()) {
      for (const auto& load : engine().status().loads) most = std::max(most, load.running);
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_FALSE(each->error());
    EXPECT_EQ(each->tokens().size(), 12U);
  }
  EXPECT_EQ(most, 1U);
}

TEST_F(Governing, a_shorter_context_refuses_what_is_too_long_for_it_with_the_numbers) {
  provider_.offer("words", {.script = kWords, .context_length = 1024});
  std::string long_prompt;
  for (int i = 0; i < 350; ++i) long_prompt += "x ";
  ASSERT_FALSE(answer(text("words", long_prompt, 1))->error());
  hold({.rung = "shorter context", .context_share = 0.5});
  const auto refused = answer(text("words", long_prompt, 1));
  ASSERT_TRUE(refused->error());
  EXPECT_EQ(refused->error()->code, ErrorCode::kDoesNotFit);
  EXPECT_NE(refused->error()->message.find("511"), std::string::npos) << refused->error()->message;
}

TEST_F(Governing, the_cache_changes_its_precision_between_answers_and_changes_back) {
  provider_.offer("words", {kWords});
  const auto before = answer(text("words", "go", 9));
  hold({.rung = "cache in Q8_0", .kv_type = "q8_0"});
  const auto during = answer(text("words", "go", 9));
  ASSERT_FALSE(during->error()) << to_string(*during->error());
  EXPECT_EQ(during->tokens(), before->tokens());
  EXPECT_EQ(during->end().usage.cached(), 0U) << "what was cached in another precision is not used";
  EXPECT_GT(answer(text("words", "go", 9))->end().usage.cached(), 0U) << "but what was cached since is";
  hold({});
  EXPECT_EQ(answer(text("words", "go", 9))->tokens(), before->tokens());
}

TEST_F(Governing, answers_stand_still_while_paused_and_go_on_where_they_were) {
  provider_.offer("slow", {kSlow});
  const auto got = submit(text("slow", "go", 40));
  ASSERT_TRUE(got->wait_for_tokens(4));
  TextGovernance paused;
  paused.paused = true;
  engine().govern(paused);
  EXPECT_FALSE(got->wait(0.5)) << "forty tokens of 5 ms would have ended";
  engine().govern({});
  ASSERT_TRUE(got->wait());
  EXPECT_EQ(got->tokens().size(), 40U);
  std::string all;
  for (int i = 0; i < 20; ++i) all += "slowly ";
  EXPECT_NE(all.find(got->text()), std::string::npos) << "nothing lost, nothing twice: " << got->text();
}

TEST_F(Governing, new_requests_are_refused_with_the_reason_and_running_ones_are_not) {
  provider_.offer("slow", {kSlow});
  const auto running = submit(text("slow", "go", 30));
  ASSERT_TRUE(running->wait_for_tokens(2));
  TextGovernance refusing;
  refusing.refusal = Error(ErrorCode::kOverloaded, "memory is short");
  engine().govern(refusing);
  const auto refused = answer(text("slow", "go", 1));
  ASSERT_TRUE(refused->error());
  EXPECT_EQ(refused->error()->message, "memory is short");
  ASSERT_TRUE(running->wait());
  EXPECT_EQ(running->tokens().size(), 30U);
}

TEST_F(Governing, what_would_be_refused_is_answered_honestly_where_that_is_wished) {
  provider_.offer("words", {kWords});
  TextGovernance refusing;
  refusing.refusal = Error(ErrorCode::kOverloaded, "memory is short");
  refusing.canned_answer = "I can't answer now.";
  engine().govern(refusing);
  TextRequest talk = text("words", "", 5);
  talk.prompt = PromptRequest{.messages = {{.role = "user", .content = "go"}}};
  talk.choices = 2;
  const auto canned = answer(talk);
  ASSERT_FALSE(canned->error());
  EXPECT_EQ(canned->text(), "I can't answer now.");
  ASSERT_EQ(canned->accepted().size(), 1U);
  EXPECT_NE(canned->accepted()[0].notices.at(0).find("no model answered: memory is short"), std::string::npos);
  EXPECT_TRUE(answer(text("words", "go", 1))->error()) << "a raw prompt is a program's";
  talk.tool_choice = ToolChoice::kRequired;
  EXPECT_TRUE(answer(talk)->error()) << "who must have a call gets none of it";
}

TEST_F(Governing, the_newest_that_wait_are_let_go) {
  provider_.offer("slow", {.script = kSlow, .slots = 1});
  const auto first = submit(text("slow", "go", 60));
  ASSERT_TRUE(first->wait_for_tokens(1));
  TextGovernance paused;
  paused.paused = true;
  engine().govern(paused);  // so that none of them has its turn meanwhile
  std::vector<std::shared_ptr<RecordingListener>> waiting;
  for (std::size_t i = 0; i < 5; ++i) {
    waiting.push_back(submit(text("slow", "go", 1)));
    for (int n = 0; n < 500 && engine().status().loads.front().waiting <= i; ++n)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    ASSERT_EQ(engine().status().loads.front().waiting, i + 1);
  }
  engine().shed_queues(2);
  for (std::size_t i = 2; i < waiting.size(); ++i) {
    ASSERT_TRUE(waiting[i]->wait());
    ASSERT_TRUE(waiting[i]->error()) << i;
    EXPECT_EQ(waiting[i]->error()->code, ErrorCode::kOverloaded);
  }
  engine().govern({});
  ASSERT_TRUE(first->wait());
  EXPECT_EQ(first->tokens().size(), 60U);
  for (std::size_t i = 0; i < 2; ++i) {
    ASSERT_TRUE(waiting[i]->wait());
    EXPECT_FALSE(waiting[i]->error()) << i;
  }
}

TEST_F(Governing, prefixes_in_ram_are_given_back_and_kept_again_when_they_may) {
  provider_.offer("words", {.script = kWords, .ram_bytes = 1U << 20U});
  std::string prompt;
  for (int i = 0; i < 400; ++i) prompt += "y ";
  const auto ram = [this] { return engine().status().loads.front().cache.bytes[1]; };
  const auto wait_for = [&](bool some) {
    for (int i = 0; i < 300 && (ram() > 0) != some; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return (ram() > 0) == some;
  };
  (void)answer(text("words", prompt, 1));
  ASSERT_TRUE(wait_for(true));
  TextGovernance none;
  none.prefixes_in_ram = false;
  engine().govern(none);
  EXPECT_TRUE(wait_for(false));
  engine().govern({});
  (void)answer(text("words", prompt + "z", 1));
  EXPECT_TRUE(wait_for(true));
}

TEST_F(Governing, a_call_that_hangs_is_stopped_and_the_model_comes_back) {
  provider_.offer("hangs", {kHangs});
  const auto hung = submit(text("hangs", "go", 50));
  ASSERT_TRUE(hung->wait_for_tokens(3));
  ASSERT_EQ(engine().pulses().size(), 1U);
  EXPECT_TRUE(engine().pulses()[0].has_work);
  // The last token comes before the round that hangs begins.
  bool stands_still = false;
  for (int i = 0; i < 50 && !stands_still; ++i) {
    const std::uint64_t before = engine().pulses()[0].rounds;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    stands_still = engine().pulses()[0].rounds == before;
  }
  EXPECT_TRUE(stands_still) << "no sign of life is expected of a call that hangs";
  EXPECT_TRUE(engine().end_stalled("hangs", "no step"));
  ASSERT_TRUE(hung->wait());
  ASSERT_TRUE(hung->error());
  EXPECT_EQ(hung->error()->code, ErrorCode::kUnavailable);
  EXPECT_FALSE(engine().end_stalled("nothing", "no step"));
  const auto again = answer(text("hangs", "go", 2));
  EXPECT_FALSE(again->error()) << to_string(*again->error());
  EXPECT_EQ(provider_.loads_["hangs"], 2);
}

TEST_F(Governing, a_deadline_holds_though_the_model_hangs) {
  provider_.offer("hangs", {kHangs});
  TextRequest request = text("hangs", "go", 50);
  request.deadline = clock_.now() + std::chrono::milliseconds(200);
  const auto hung = submit(std::move(request));
  ASSERT_TRUE(hung->wait_for_tokens(2));
  engine().expire_late(clock_.now());
  EXPECT_FALSE(hung->over()) << "not before its time";
  std::this_thread::sleep_for(std::chrono::milliseconds(800));
  engine().expire_late(clock_.now());
  ASSERT_TRUE(hung->over());
  EXPECT_EQ(hung->error()->code, ErrorCode::kDeadlineExceeded);
  const auto said = hung->tokens();
  EXPECT_TRUE(engine().end_stalled("hangs", "no step"));
  (void)answer(text("hangs", "go", 1));
  EXPECT_EQ(hung->tokens(), said) << "nothing comes after the end";
}

TEST_F(Governing, a_request_that_has_said_nothing_survives_one_crash_and_not_two) {
  provider_.offer("dies", {kDies});
  const auto got = answer(text("dies", "go", 3));
  ASSERT_TRUE(got->error());
  EXPECT_EQ(got->error()->code, ErrorCode::kUnavailable);
  EXPECT_EQ(provider_.loads_["dies"], 2) << "it was tried again once";
  EXPECT_EQ(got->accepted().size(), 1U) << "and the client heard of it once";
}

TEST_F(Governing, whoever_judges_a_crash_decides_when_the_model_comes_back) {
  provider_.offer("dies", {kDies});
  int crashes = 0;
  engine().residents().set_judge([&crashes](const std::string& model, const Error&) {
    FailureVerdict verdict;
    verdict.wait_s = 0.3;
    if (++crashes == 3) verdict.quarantine = Error(ErrorCode::kUnavailable, model + " is in quarantine");
    return verdict;
  });
  const auto began = clock_.now();
  EXPECT_TRUE(answer(text("dies", "go", 3))->error());
  EXPECT_GE(seconds_between(began, clock_.now()), 0.3) << "the second life waited";
  const auto third = answer(text("dies", "go", 3));
  ASSERT_TRUE(third->error());
  EXPECT_EQ(third->error()->message, "dies is in quarantine") << "what had said nothing gets the reason";
  const auto later = answer(text("dies", "go", 3));
  ASSERT_TRUE(later->error());
  EXPECT_EQ(later->error()->message, "dies is in quarantine");
  EXPECT_EQ(provider_.loads_["dies"], 3) << "no more lives";
  EXPECT_TRUE(engine().residents().release("dies"));
  EXPECT_FALSE(engine().residents().release("dies"));
  EXPECT_TRUE(answer(text("dies", "go", 3))->error());
  EXPECT_GT(provider_.loads_["dies"], 3);
}

}  // namespace
}  // namespace hearth
