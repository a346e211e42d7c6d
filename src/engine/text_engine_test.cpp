#include "engine/text_engine.h"

#include <fmt/format.h>

#include <future>

#include "engine/engine_fixture.h"

namespace hearth {
namespace {

constexpr const char* kChat = R"({
  "hearth_fake": 1, "name": "chat", "context_length": 4096,
  "control_tokens": ["<|system|>", "<|user|>", "<|assistant|>"],
  "chat_template": "{% for message in messages %}<|{{ message.role }}|>{{ message.content }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
  "turn_marker": "<|assistant|>",
  "replies": [
    {"when": "hello", "say": "Hello there, I am a script."},
    {"when": "weather", "say": "<tool_call>{\"name\": \"weather\", \"arguments\": {\"city\": \"Paris\"}}</tool_call>"}
  ],
  "otherwise": {"rule": "words", "end_one_in": 24}
})";
constexpr const char* kEndless =
    R"({"hearth_fake": 1, "name": "endless", "context_length": 4096, "otherwise": {"rule": "text", "text": "on and on "}})";
constexpr const char* kSlow =
    R"({"hearth_fake": 1, "name": "slow", "context_length": 4096, "otherwise": {"rule": "text", "text": "slowly "},
        "latency": {"decode_us": 5000}})";

class Engine : public EngineTest {
 protected:
  Result<EmbeddingResult> embed(const std::string& model, const std::string& words) {
    std::promise<Result<EmbeddingResult>> done;
    engine().embed({.model = model, .inputs = {words}},
                   [&done](Result<EmbeddingResult> result) { done.set_value(std::move(result)); });
    return done.get_future().get();
  }
  [[nodiscard]] ReservationBook::Pool ram() { return engine().status().pools.front(); }
};

TEST_F(Engine, answers_a_conversation) {
  provider_.offer("chat", {kChat});
  const auto got = answer(chat("chat", "hello"));
  ASSERT_FALSE(got->error()) << to_string(*got->error());
  EXPECT_EQ(got->text(), "Hello there, I am a script.");
  EXPECT_EQ(got->choice_end().finish, FinishReason::kStop);
  ASSERT_EQ(got->accepted().size(), 1U);
  EXPECT_EQ(got->accepted()[0].model, "chat");
  EXPECT_EQ(got->end().usage.prompt_tokens, got->accepted()[0].prompt_tokens);
  EXPECT_EQ(got->end().usage.completion_tokens, got->tokens().size());
}

TEST_F(Engine, knows_models_by_alias_and_names_the_nearest_of_others) {
  provider_.offer("chat", {kChat});
  EXPECT_EQ(answer(chat("chat-alias", "hello"))->text(), "Hello there, I am a script.");
  const auto wrong = answer(chat("chatt", "hello"));
  ASSERT_TRUE(wrong->error());
  EXPECT_EQ(wrong->error()->code, ErrorCode::kNotFound);
  EXPECT_NE(wrong->error()->hint.find("'chat'"), std::string::npos);
}

TEST_F(Engine, many_answers_at_once_are_what_each_would_be_alone) {
  provider_.offer("words", {R"({"hearth_fake": 1, "name": "words", "context_length": 2048,
                               "otherwise": {"rule": "words", "end_one_in": 40}})"});
  std::vector<std::string> alone;
  for (int i = 0; i < 12; ++i) alone.push_back(answer(text("words", fmt::format("tell me of {}", i), 60))->text());
  std::vector<std::shared_ptr<RecordingListener>> together;
  for (int i = 0; i < 12; ++i) together.push_back(submit(text("words", fmt::format("tell me of {}", i), 60)));
  for (std::size_t i = 0; i < together.size(); ++i) {
    ASSERT_TRUE(together[i]->wait());
    ASSERT_FALSE(together[i]->error()) << to_string(*together[i]->error());
    EXPECT_EQ(together[i]->text(), alone[i]) << i;
  }
}

TEST_F(Engine, a_prompt_seen_before_is_not_computed_again) {
  provider_.offer("endless", {kEndless});
  std::string prompt;
  for (int i = 0; i < 150; ++i) prompt += "word ";
  const auto first = answer(text("endless", prompt, 4));
  const auto second = answer(text("endless", prompt, 4));
  EXPECT_EQ(first->end().usage.cached(), 0U);
  EXPECT_GT(second->end().usage.cached(), second->end().usage.prompt_tokens / 2);
  EXPECT_EQ(first->tokens(), second->tokens());
  auto uncached = text("endless", prompt, 4);
  uncached.cache_prompt = false;
  EXPECT_EQ(answer(uncached)->end().usage.cached(), 0U);
}

TEST_F(Engine, gives_several_answers_to_one_prompt) {
  provider_.offer("words", {R"({"hearth_fake": 1, "name": "words", "context_length": 2048,
                               "otherwise": {"rule": "words", "end_one_in": 10}})"});
  auto request = text("words", "several answers to one prompt that is long enough to be shared", 30);
  request.choices = 3;
  request.sampling.temperature = 1.5F;
  const auto got = answer(request);
  ASSERT_FALSE(got->error()) << to_string(*got->error());
  std::size_t tokens = 0;
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_NE(got->choice_end(i).finish, FinishReason::kNone) << i;
    tokens += got->tokens(i).size();
  }
  EXPECT_EQ(got->end().usage.completion_tokens, tokens);
}

TEST_F(Engine, ends_at_a_stop_string_a_length_and_a_cancel) {
  provider_.offer("endless", {kEndless});
  provider_.offer("slow", {kSlow});
  auto stopped = text("endless", "go", 100);
  stopped.stop = {"and on on"};
  const auto by_string = answer(stopped);
  EXPECT_EQ(by_string->choice_end().finish, FinishReason::kStop);
  EXPECT_EQ(by_string->choice_end().stop_matched, "and on on");
  EXPECT_EQ(by_string->text().find("and on on"), std::string::npos);
  const auto by_length = answer(text("endless", "go", 7));
  EXPECT_EQ(by_length->choice_end().finish, FinishReason::kLength);
  EXPECT_EQ(by_length->tokens().size(), 7U);
  const auto running = submit(text("slow", "go", 400));
  ASSERT_TRUE(running->wait_for_tokens(3));
  engine().cancel(last_id_);
  ASSERT_TRUE(running->wait());
  EXPECT_EQ(running->choice_end().finish, FinishReason::kCancelled);
  EXPECT_LT(running->tokens().size(), 100U);
}

TEST_F(Engine, refuses_what_does_not_fit_with_the_numbers_or_cuts_when_asked) {
  provider_.offer("chat", {kChat, 4, 128, 512});
  auto request = chat("chat", "hello");
  auto& messages = std::get<PromptRequest>(request.prompt).messages;
  for (int i = 0; i < 40; ++i) {
    messages.insert(messages.begin(), {"assistant", "I have much to say about this and that"});
    messages.insert(messages.begin(), {"user", "say something about this and that"});
  }
  const auto refused = answer(request);
  ASSERT_TRUE(refused->error());
  EXPECT_EQ(refused->error()->code, ErrorCode::kDoesNotFit);
  EXPECT_NE(refused->error()->message.find("127"), std::string::npos) << refused->error()->message;
  request.truncation = Truncation::kOldest;
  const auto cut = answer(request);
  ASSERT_FALSE(cut->error()) << to_string(*cut->error());
  EXPECT_EQ(cut->text(), "Hello there, I am a script.");
  ASSERT_EQ(cut->accepted().at(0).notices.size(), 1U);
  EXPECT_NE(cut->accepted()[0].notices[0].find("turns were left out"), std::string::npos);
}

TEST_F(Engine, grows_its_context_while_answers_run) {
  provider_.offer("slow", {kSlow, 4, 1024, 256});
  const auto running = submit(text("slow", "go", 300));
  ASSERT_TRUE(running->wait_for_tokens(2));
  std::string prompt;
  for (int i = 0; i < 120; ++i) prompt += "word ";
  const auto second = submit(text("slow", prompt, 20));
  ASSERT_TRUE(running->wait());
  ASSERT_TRUE(second->wait());
  ASSERT_FALSE(running->error()) << to_string(*running->error());
  ASSERT_FALSE(second->error()) << to_string(*second->error());
  EXPECT_EQ(running->tokens().size(), 300U);
  EXPECT_GT(engine().status().loads.at(0).context_cells, 256U);
  EXPECT_EQ(provider_.loads_["slow"], 1) << "the weights were loaded again";
}

TEST_F(Engine, a_full_queue_says_when_to_come_again) {
  provider_.offer("slow", {kSlow, 1});
  options_.scheduler.queue.requests = 2;
  (void)answer(text("slow", "warm", 1));
  std::vector<std::shared_ptr<RecordingListener>> all;
  for (int i = 0; i < 12; ++i) all.push_back(submit(text("slow", "go", 40)));
  std::size_t refused = 0;
  for (const auto& each : all) {
    ASSERT_TRUE(each->wait());
    if (!each->error()) continue;
    EXPECT_EQ(each->error()->code, ErrorCode::kOverloaded);
    EXPECT_TRUE(std::ranges::any_of(each->error()->context, [](const auto& c) { return c.first == "retry_after_s"; }));
    ++refused;
  }
  EXPECT_GT(refused, 0U);
  EXPECT_LT(refused, all.size());
}

TEST_F(Engine, a_deadline_ends_a_request_wherever_it_is) {
  provider_.offer("slow", {kSlow, 1});
  auto late = text("slow", "go", 400);
  late.speculate = false;
  late.deadline = clock_.now() + std::chrono::milliseconds(120);
  auto waiting = text("slow", "go", 400);
  waiting.deadline = clock_.now() + std::chrono::milliseconds(100);
  const auto first = submit(late);
  const auto second = submit(waiting);
  ASSERT_TRUE(first->wait());
  ASSERT_TRUE(second->wait());
  ASSERT_TRUE(first->error());
  EXPECT_EQ(first->error()->code, ErrorCode::kDeadlineExceeded);
  ASSERT_TRUE(second->error());
  EXPECT_EQ(second->error()->code, ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(answer(text("slow", "go", 2))->error()) << "the model goes on";
}

TEST_F(Engine, holds_answers_to_a_schema_and_calls_to_their_tools) {
  provider_.offer("chat", {kChat});
  auto constrained = chat("chat", "hello");
  constrained.constraint = ConstraintSpec{ConstraintKind::kRegex, "(yes|no)"};
  const auto got = answer(constrained);
  ASSERT_FALSE(got->error()) << to_string(*got->error());
  EXPECT_TRUE(got->text() == "yes" || got->text() == "no") << got->text();
  auto tools = chat("chat", "hello");
  std::get<PromptRequest>(tools.prompt).tools = {
      {"weather", "of a city",
       R"({"type":"object","properties":{"city":{"enum":["Paris","Rome"]}},"required":["city"]})"}};
  tools.tool_choice = ToolChoice::kRequired;
  const auto called = answer(tools);
  ASSERT_FALSE(called->error()) << to_string(*called->error());
  ASSERT_EQ(called->output().calls.size(), 1U) << called->output().content;
  EXPECT_EQ(called->output().calls[0].name, "weather");
  EXPECT_FALSE(called->output().calls[0].malformed);
  tools.tool_name = "whether";
  EXPECT_EQ(answer(tools)->error()->code, ErrorCode::kInvalidArgument);
}

TEST_F(Engine, tells_logprobs_of_what_it_says) {
  provider_.offer("chat", {kChat});
  auto request = chat("chat", "hello");
  request.logprobs = 2;
  const auto got = answer(request);
  ASSERT_EQ(got->logprobs().size(), got->tokens().size());
  for (const auto& entry : got->logprobs()) {
    EXPECT_LE(entry.chosen.logprob, 0.0F);
    ASSERT_EQ(entry.top.size(), 2U);
    EXPECT_GE(entry.top[0].logprob, entry.top[1].logprob);
  }
}

TEST_F(Engine, a_runtime_that_fails_costs_its_requests_and_comes_back) {
  provider_.offer("frail", {R"({"hearth_fake": 1, "name": "frail", "context_length": 1024,
      "otherwise": {"rule": "text", "text": "fine "},
      "faults": [{"call": "decode", "nth": 3, "do": "throw", "message": "scripted: broken"}]})"});
  const auto broken = answer(text("frail", "go", 20));
  ASSERT_TRUE(broken->error());
  const auto again = answer(text("frail", "go", 2));
  ASSERT_FALSE(again->error()) << to_string(*again->error());
  EXPECT_EQ(provider_.loads_["frail"], 2);
}

TEST_F(Engine, a_context_for_embeddings_is_in_the_books_until_its_model_leaves) {
  provider_.offer("chat", {kChat});
  provider_.offer("huge", {kEndless, 2, 512, 2048, 1'900});
  options_.capacities["ram"] = 2'000;
  options_.swaps.residency_min_s = 0.05;
  ASSERT_FALSE(answer(chat("chat", "hello"))->error());
  EXPECT_EQ(ram().committed_bytes, 1'000U);
  const auto first = embed("chat", "a cat");
  ASSERT_TRUE(first) << to_string(first.error());
  EXPECT_EQ(ram().committed_bytes, 1'500U);
  ASSERT_TRUE(embed("chat", "a dog"));
  EXPECT_EQ(ram().committed_bytes, 1'500U) << "the same context";
  EXPECT_EQ(ram().reserved_bytes, 0U);
  ASSERT_FALSE(answer(text("huge", "go", 2))->error()) << "what the other gave back was not enough";
  EXPECT_EQ(ram().committed_bytes, 1'900U);
  EXPECT_LE(ram().peak_bytes, 2'000U);
  EXPECT_EQ(embed("chat", "a cat")->embeddings, first->embeddings) << "loaded and made again";
}

TEST_F(Engine, embeddings_without_memory_for_them_are_refused_with_the_numbers) {
  provider_.offer("chat", {.script = kChat, .second_context_bytes = 1'500});
  options_.capacities["ram"] = 2'000;
  const auto refused = embed("chat", "a cat");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kOverloaded);
  EXPECT_NE(refused.error().message.find("500 B short"), std::string::npos) << refused.error().message;
  EXPECT_FALSE(answer(chat("chat", "hello"))->error()) << "others are unharmed";
  EXPECT_EQ(ram().held_bytes(), 1'000U);
}

TEST_F(Engine, drains) {
  provider_.offer("slow", {kSlow});
  const auto running = submit(text("slow", "go", 30));
  ASSERT_TRUE(running->wait_for_tokens(1));
  EXPECT_TRUE(engine().drain(20));
  EXPECT_TRUE(running->over());
  EXPECT_EQ(running->tokens().size(), 30U);
  EXPECT_EQ(answer(text("slow", "go", 2))->error()->code, ErrorCode::kUnavailable);
}

TEST_F(Engine, two_models_that_do_not_fit_together_take_turns_without_starving) {
  provider_.offer("a", {kEndless, 2, 512, 2048, 700'000});
  provider_.offer("b", {kEndless, 2, 512, 2048, 700'000});
  options_.swaps.residency_min_s = 0.05;
  options_.swaps.residency_per_load = 4;
  constexpr int kRequests = 60;
  std::vector<std::shared_ptr<RecordingListener>> all;
  for (int i = 0; i < kRequests; ++i) all.push_back(submit(text(i % 2 == 0 ? "a" : "b", "go", 5)));
  for (const auto& each : all) {
    ASSERT_TRUE(each->wait(60)) << "starved";
    ASSERT_FALSE(each->error()) << to_string(*each->error());
  }
  EXPECT_LT(engine().status().swaps, 8U) << "swapped for single requests";
  for (const auto& pool : engine().status().pools) EXPECT_LE(pool.peak_bytes, pool.capacity_bytes);
}

TEST_F(Engine, a_model_larger_than_the_budget_is_refused_with_the_numbers) {
  provider_.offer("huge", {kEndless, 2, 512, 2048, 7'000'000});
  const auto refused = answer(text("huge", "go", 5));
  ASSERT_TRUE(refused->error());
  EXPECT_EQ(refused->error()->code, ErrorCode::kDoesNotFit);
}

}  // namespace
}  // namespace hearth
