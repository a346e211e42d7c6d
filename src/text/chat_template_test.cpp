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

// The shape of Qwen's template, shortened.
constexpr const char* kToolTemplate =
    "{% if tools %}<tools>{% for t in tools %}{{ t.function.name }}:{{ t.function.parameters.type }};{% endfor "
    "%}</tools>"
    "{% endif %}{% for m in messages %}<{{ m.role }}>{% if m.role == 'tool' %}[{{ m.tool_call_id }}]{% endif %}"
    "{% if m.content is string %}{{ m.content }}{% else %}{% for p in m.content or [] %}{% if p.type == 'text' %}"
    "{{ p.text }}{% else %}<|{{ p.type }}|>{% endif %}{% endfor %}{% endif %}"
    "{% if m.tool_calls %}{% for c in m.tool_calls %}<tool_call>{{ c.function.name }}"
    "{{ c.function.arguments if c.function.arguments is string else c.function.arguments | tojson }}</tool_call>"
    "{% endfor %}{% endif %}{% endfor %}{% if add_generation_prompt %}<assistant>"
    "{% if enable_thinking is defined and not enable_thinking %}<think></think>{% endif %}{{ extra }}{% endif %}";

ChatTemplate tool_template() { return ChatTemplate::parse(kToolTemplate, "", "</s>").value(); }

TEST(ChatTemplate, shows_tools_calls_and_their_results) {
  PromptRequest request;
  request.messages = {{"user", "Rain?"}, {"assistant", ""}, {"tool", "wet"}};
  request.messages[1].tool_calls = {{"call_1", "weather", R"({"city": "Rome"})"}};
  request.messages[2].tool_call_id = "call_1";
  request.tools = {{"weather", "tells", R"({"type": "object"})"}, {"time"}};
  ASSERT_TRUE(tool_template().has_tools());
  EXPECT_EQ(tool_template().render(request).value(),
            "<tools>weather:object;time:object;</tools><user>Rain?<assistant><tool_call>weather{\"city\": "
            "\"Rome\"}</tool_call><tool>[call_1]wet<assistant>");
}

TEST(ChatTemplate, thinking_and_further_variables_reach_the_template) {
  PromptRequest request{{{"user", "x"}}};
  request.enable_thinking = false;
  request.variables_json = R"({"extra": "E"})";
  EXPECT_EQ(tool_template().render(request).value(), "<user>x<assistant><think></think>E");
  request.variables_json = R"({"messages": []})";
  EXPECT_EQ(tool_template().render(request).error().code, ErrorCode::kInvalidArgument);
  request.variables_json = "[1]";
  EXPECT_EQ(tool_template().render(request).error().code, ErrorCode::kInvalidArgument);
}

TEST(ChatTemplate, parts_reach_a_template_that_takes_them_and_media_are_refused_by_others) {
  PromptRequest request;
  request.messages = {{"user", "", {{"image", "", "i1"}, {"text", "What is it?"}}}};
  request.add_generation_prompt = false;
  ASSERT_TRUE(tool_template().has_parts());
  EXPECT_EQ(tool_template().render(request).value(), "<user><|image|>What is it?");
  const auto text_only = ChatTemplate::parse(kChatMl, "", "").value();
  EXPECT_FALSE(text_only.has_parts());
  const auto refused = text_only.render(request);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(refused.error().message.find("message 1"), std::string::npos);
  request.messages[0].parts = {{"text", "a"}, {"text", "b"}};
  EXPECT_EQ(text_only.render(request).value(), "<|im_start|>user\nab<|im_end|>\n");
}

TEST(ChatTemplate, a_template_without_tools_is_told_of_them_in_words) {
  const auto text_only = ChatTemplate::parse(kChatMl, "", "<|im_end|>").value();
  PromptRequest request{{{"user", "x"}}};
  request.tools = {{"weather", "tells", R"({"type": "object"})"}};
  EXPECT_FALSE(text_only.has_tools());
  EXPECT_NE(text_only.render(request).value().find("weather"), std::string::npos);
  EXPECT_EQ(ChatTemplate::plain().render(request).error().code, ErrorCode::kUnsupported);
}

TEST(ChatTemplate, broken_schemas_and_arguments_are_named) {
  PromptRequest request{{{"assistant", ""}}};
  request.messages[0].tool_calls = {{"call_1", "weather", "{\"city\": "}};
  const auto refused = tool_template().render(request);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("\"weather\""), std::string::npos);
  request.messages = {{"user", "x"}};
  request.tools = {{"weather", "", "[1"}};
  EXPECT_EQ(tool_template().render(request).error().code, ErrorCode::kInvalidArgument);
}

TEST(ChatTemplate, plain_form_names_the_speakers) {
  EXPECT_EQ(ChatTemplate::plain().render({{"user", "Hi"}}, true).value(), "User: Hi\nAssistant:");
}

TEST(ChatTemplate, opens_the_answer_with_its_prefix) {
  const auto parsed = ChatTemplate::parse(
      "{% for m in messages %}[{{ m.content }}]{% endfor %}"
      "{% if add_generation_prompt %}<a>{% endif %}",
      "", "");
  PromptRequest request{{{"user", "Hi"}}};
  request.answer_prefix = "{\"";
  EXPECT_EQ(parsed->render(request).value(), "[Hi]<a>{\"");
  EXPECT_EQ(ChatTemplate::plain().render(request).value(), "User: Hi\nAssistant: {\"");
  request.add_generation_prompt = false;
  EXPECT_EQ(parsed->render(request).value(), "[Hi]");
}

}  // namespace
}  // namespace hearth
