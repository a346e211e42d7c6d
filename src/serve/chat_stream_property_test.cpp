// Whatever happens: the chunks of a stream, put together, are the body that comes without streaming.
#include <gtest/gtest.h>

#include <random>

#include "serve/chat_completions.h"
#include "serve/openai_fixture.h"

namespace hearth::serve {
namespace {

constexpr std::uint32_t kChoices = 2;

// Random deltas of two choices, calls well formed.
class RandomScript {
 public:
  explicit RandomScript(std::uint32_t seed) : random_(seed) {}

  Script make() {
    Script script{TextAccepted{.id = 0, .model = "tiny", .prompt_tokens = 5, .notices = {}}};
    const std::uint32_t steps = below(12);
    for (std::uint32_t step = 0; step < steps; ++step) script.emplace_back(delta(below(kChoices)));
    script.emplace_back(choice_end(FinishReason::kStop, 1));
    script.emplace_back(choice_end(FinishReason::kLength, 0));
    script.emplace_back(text_end(5, steps));
    return script;
  }

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  std::string text() {
    constexpr const char* kTexts[] = {"", "a", "\"\\\n", "\xf0\x9f\x98\x80", "\x01", "data: [DONE]\n\n"};
    return kTexts[below(6)];
  }
  TextDelta delta(std::uint32_t choice) {
    TextDelta delta{.choice = choice, .tokens = {1}, .events = {}, .logprobs = {made_logprobs(1, "\xf0\x9f", -1)}};
    for (auto n = below(4); n > 0; --n) add_event(choices_[choice], delta.events);
    return delta;
  }
  struct Choice {
    std::uint32_t calls = 0;
    bool in_call = false;
  };
  void add_event(Choice& choice, std::vector<OutputEvent>& events) {
    if (choice.in_call) {
      events.push_back({.kind = OutputKind::kCallArguments, .text = text(), .call_index = choice.calls - 1});
      if (below(2) == 0) return;
      events.push_back({.kind = OutputKind::kCallEnd, .call_index = choice.calls - 1});
      choice.in_call = false;
    } else if (below(3) == 0) {
      events.push_back(
          {.kind = OutputKind::kCallStart, .call_index = choice.calls++, .call_id = "c" + text(), .call_name = "f"});
      choice.in_call = true;
    } else {
      events.push_back({.kind = below(2) == 0 ? OutputKind::kContent : OutputKind::kReasoning, .text = text()});
    }
  }

  std::mt19937 random_;
  Choice choices_[kChoices];
};

// Puts chunks together as a client does.
class Joined {
 public:
  explicit Joined(const std::vector<Json>& chunks) {
    for (const Json& chunk : chunks) {
      if (!chunk["usage"].is_null()) usage = chunk["usage"];
      for (const Json& choice : chunk["choices"]) add(choice, choices[choice["index"].get<std::size_t>()]);
    }
  }

  struct Choice {
    std::string content, reasoning, finish;
    std::vector<ToolCall> calls;
    Json logprobs = Json::array();
  };
  Choice choices[kChoices];
  Json usage;

 private:
  static void add(const Json& from, Choice& into) {
    const Json& delta = from["delta"];
    into.content += delta.value("content", "");
    into.reasoning += delta.value("reasoning_content", "");
    for (const Json& call : delta.value("tool_calls", Json::array())) {
      const auto index = call["index"].get<std::size_t>();
      if (call.contains("id")) into.calls.push_back({.id = call["id"], .name = call["function"]["name"]});
      into.calls.at(index).arguments_json += call["function"]["arguments"].get<std::string>();
    }
    if (!from["logprobs"].is_null())
      for (const Json& one : from["logprobs"]["content"]) into.logprobs.push_back(one);
    if (!from["finish_reason"].is_null()) into.finish = from["finish_reason"];
  }
};

void expect_same(const Joined::Choice& joined, const Json& whole) {
  const Json& message = whole["message"];
  EXPECT_EQ(joined.content, message["content"].is_null() ? "" : message["content"]);
  EXPECT_EQ(joined.reasoning, message.value("reasoning_content", ""));
  const Json calls = message.value("tool_calls", Json::array());
  ASSERT_EQ(joined.calls.size(), calls.size());
  for (std::size_t i = 0; i < calls.size(); ++i) {
    EXPECT_EQ(joined.calls[i].id, calls[i]["id"]);
    EXPECT_EQ(joined.calls[i].name, calls[i]["function"]["name"]);
    EXPECT_EQ(joined.calls[i].arguments_json, calls[i]["function"]["arguments"]);
  }
  EXPECT_EQ(joined.logprobs, whole["logprobs"]["content"]);
  EXPECT_EQ(joined.finish, whole["finish_reason"]);
}

class ChatStreamProperty : public OpenAiFixture {};

TEST_F(ChatStreamProperty, a_stream_says_what_the_whole_says) {
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    ScriptedService scripted;
    scripted.will_play(RandomScript(seed).make());
    const Route route = chat_completions_route(std::make_shared<OpenAiServing>(scripted, clock, "hearth-test", 1));
    const std::string body = R"({"model":"tiny","n":2,"logprobs":true,"messages":[{"role":"user","content":"hi"}])";
    const Json whole = Json::parse(post(route, body + "}").body);
    const Joined joined(chunks(post(route, body + R"(,"stream":true,"stream_options":{"include_usage":true}})")));
    EXPECT_EQ(joined.usage, whole["usage"]);
    for (std::size_t i = 0; i < kChoices; ++i) expect_same(joined.choices[i], whole["choices"][i]);
  }
}

}  // namespace
}  // namespace hearth::serve
