#include "text/answer_closer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "text/constraint_fixture.h"

namespace hearth {
namespace {

ByteTokens byte_tokens() {
  ByteTokens tokens{};
  for (int i = 0; i < 256; ++i) tokens[static_cast<std::size_t>(i)] = i;
  return tokens;
}

// A model that says the first of `wishes` that is allowed, each step, and what must be when the closer says so.
std::string write(const ConstraintSpec& spec, const std::string& wishes, std::uint32_t limit) {
  const auto constraint = byte_compiler()->compile(spec).value();
  auto matcher = constraint->matcher();
  AnswerCloser closer(byte_tokens);
  std::vector<std::int32_t> mask(matcher.mask_words());
  std::string text;
  for (std::uint32_t said = 0; said < limit && !matcher.is_terminated(); ++said) {
    (void)matcher.fill(mask).value();
    const auto allowed = [&](Token t) {
      const auto bit = static_cast<std::uint32_t>(t);
      return ((static_cast<std::uint32_t>(mask[bit / 32]) >> (bit % 32)) & 1U) != 0;
    };
    const auto wish = std::ranges::find_if(wishes, [&](char c) { return allowed(static_cast<unsigned char>(c)); });
    Token token = wish != wishes.end() ? static_cast<unsigned char>(*wish) : kEnd;
    for (Token any = 32; !allowed(token) && any < 256; ++any) token = any;
    if (const auto closing = closer.next(matcher, limit - said)) token = *closing;
    if (!matcher.accept(token)) return "(refused) " + text;
    if (token == kEnd) break;
    text += token_text(token);
  }
  EXPECT_LE(text.size(), limit);
  return text;
}

ConstraintSpec schema(const std::string& text) { return {ConstraintKind::kJsonSchema, text}; }

const std::string kEndless =
    R"({"type":"object","properties":{"n":{"type":"integer"}},"required":["n"],"additionalProperties":false})";

TEST(AnswerCloser, ends_a_number_that_would_never_end) {
  const auto said = nlohmann::json::parse(write(schema(kEndless), "{\"n:7", 16));
  EXPECT_TRUE(said["n"].is_number());
}

TEST(AnswerCloser, ends_white_space_strings_and_free_objects) {
  EXPECT_TRUE(nlohmann::json::accept(write(schema(kEndless), " \n{", 60)));
  EXPECT_TRUE(nlohmann::json::accept(write(schema(R"({"type":"string"})"), "\"x", 40)));
  const auto free = write({ConstraintKind::kJson, {}}, "{\"a:[1,", 200);
  EXPECT_TRUE(nlohmann::json::accept(free)) << free;
  EXPECT_TRUE(
      nlohmann::json::accept(write(schema(R"({"type":"array","items":{"type":"array","items":{}}})"), "[", 50)));
}

TEST(AnswerCloser, writes_what_is_still_required) {
  std::string properties, required;
  for (int i = 0; i < 12; ++i) {
    const std::string name = "\"field" + std::to_string(i) + "\"";
    properties += (i > 0 ? "," : "") + name + R"(:{"type":"boolean"})";
    required += (i > 0 ? "," : "") + name;
  }
  const auto said = nlohmann::json::parse(write(
      schema(R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required + "]}"), "\n{", 400));
  EXPECT_EQ(said.size(), 12U);
}

TEST(AnswerCloser, finds_the_end_of_patterns_that_swallow_brackets) {
  EXPECT_TRUE(nlohmann::json::accept(write(schema(R"({"type":"string","pattern":"^[^\"\\\\]*x$"})"), "\"a", 250)));
  EXPECT_TRUE(nlohmann::json::accept(write(schema(R"({"type":"string","format":"email"})"), "\"a", 250)));
}

TEST(AnswerCloser, leaves_an_answer_alone_that_ends_in_time) {
  EXPECT_EQ(write(schema(kEndless), "{\"n:}7", 300), R"({"n":7})");
}

TEST(AnswerCloser, does_nothing_where_no_way_is_short_enough) {
  const auto said = write(schema(R"({"type":"string","minLength":50})"), "\"a", 20);
  EXPECT_EQ(said, "\"" + std::string(19, 'a'));
}

}  // namespace
}  // namespace hearth
