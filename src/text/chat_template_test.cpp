#include "text/chat_template.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

constexpr const char* kChatMl =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

TEST(ChatTemplate, renders_roles_in_order_and_opens_the_answer) {
  auto parsed = ChatTemplate::parse(kChatMl, "<s>", "</s>");
  ASSERT_TRUE(parsed.has_value());
  auto text = parsed->render({{"system", "Be brief."}, {"user", "Hi"}}, true);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(*text, "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
}

TEST(ChatTemplate, writes_the_bos_token_it_was_given) {
  auto parsed = ChatTemplate::parse("{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}", "<BOS>", "");
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->render({{"user", "x"}}, false).value(), "<BOS>x");
}

TEST(ChatTemplate, a_template_that_does_not_parse_is_invalid_data) {
  auto parsed = ChatTemplate::parse("{% for m in messages %}", "", "");
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidData);
}

TEST(ChatTemplate, the_templates_own_refusal_reaches_the_caller) {
  auto parsed = ChatTemplate::parse("{{ raise_exception('roles must alternate') }}", "", "");
  ASSERT_TRUE(parsed.has_value());
  auto text = parsed->render({{"user", "a"}}, true);
  ASSERT_FALSE(text.has_value());
  EXPECT_EQ(text.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(text.error().message.find("roles must alternate"), std::string::npos);
}

TEST(ChatTemplate, plain_form_names_the_speakers) {
  EXPECT_EQ(ChatTemplate::plain().render({{"user", "Hi"}}, true).value(), "User: Hi\nAssistant:");
}

}  // namespace
}  // namespace hearth
