#include "engine/text_kit.h"

#include <thread>

#include "engine/runtime_fixture.h"

namespace hearth {
namespace {

class Kit : public testing::Test {
 protected:
  [[nodiscard]] std::shared_ptr<const ModelKit> kit(const std::string& source) {
    return must(ModelKit::create(model_, source));
  }
  [[nodiscard]] std::string written(const ModelKit& kit, const Prompt& prompt) {
    return must(kit.detokenize(must(kit.prompt_tokens(prompt)), true));
  }
  [[nodiscard]] static PromptRequest hello() {
    PromptRequest request;
    request.messages.emplace_back();
    request.messages.back().role = "user";
    request.messages.back().content = "Hello there";
    return request;
  }
  static constexpr const char* kTurns =
      "{{ bos_token }}{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{{ eos_token }}{% endfor %}"
      "{% if add_generation_prompt %}<|assistant|>{% endif %}";

  TestRuntimes runtimes_;
  std::shared_ptr<TextModel> model_ = runtimes_.load("fake", TestRuntimes::sample("chat.fake.json"));
};

TEST_F(Kit, writes_a_conversation_as_the_template_has_it_with_one_begin_token) {
  const auto made = kit(kTurns);
  EXPECT_EQ(must(made->render(hello())), "<s><|user|>Hello there</s><|assistant|>");
  EXPECT_EQ(written(*made, hello()), "<s><|user|>Hello there</s><|assistant|>");
  EXPECT_TRUE(made->has_template());
}

TEST_F(Kit, without_a_template_turns_are_plain_lines) {
  const auto made = kit("");
  EXPECT_FALSE(made->has_template());
  EXPECT_NE(must(made->render(hello())).find("User: Hello there"), std::string::npos);
}

TEST_F(Kit, a_broken_template_harms_conversations_only) {
  const auto made = kit("{% for m in messages %}");
  EXPECT_EQ(made->render(hello()).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(made->prompt_tokens(hello()).error().code, ErrorCode::kInvalidData);
  EXPECT_EQ(written(*made, PlainPrompt{"Hello"}), "<s>Hello");
}

TEST_F(Kit, control_tokens_in_plain_text_are_text_unless_asked_for) {
  const auto made = kit("");
  EXPECT_GT(must(made->prompt_tokens(PlainPrompt{"<|user|>", false})).size(), 2U);
  EXPECT_EQ(must(made->prompt_tokens(PlainPrompt{"<|user|>", true})).size(), 2U);
}

TEST_F(Kit, tokens_are_taken_as_they_are_if_the_vocabulary_has_them) {
  const auto made = kit("");
  const std::vector<Token> tokens = {0, 0, 7};
  EXPECT_EQ(must(made->prompt_tokens(tokens)), tokens);
  for (const Token outside : {Token{-1}, static_cast<Token>(made->vocabulary().size())}) {
    const std::vector<Token> bad = {0, outside};
    EXPECT_EQ(made->prompt_tokens(bad).error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(made->detokenize(bad, true).error().code, ErrorCode::kInvalidArgument);
  }
}

TEST_F(Kit, compiles_constraints_on_any_thread) {
  const auto made = kit("");
  std::vector<std::thread> threads;
  std::vector<std::shared_ptr<const Constraint>> compiled(4);
  for (auto& out : compiled)
    threads.emplace_back([&] { out = must(made->compile({ConstraintKind::kRegex, "(yes|no)"})); });
  for (auto& thread : threads) thread.join();
  for (const auto& constraint : compiled) EXPECT_EQ(constraint, compiled.front());
  EXPECT_EQ(made->compile({ConstraintKind::kRegex, "("}).error().code, ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace hearth
