#include "text/constraint.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "text/constraint_fixture.h"

namespace hearth {
namespace {

TEST(Constraint, a_regex_allows_what_matches_and_ends_where_it_may) {
  auto compiler = byte_compiler();
  auto constraint = compiler->compile({ConstraintKind::kRegex, "[a-c]{2}|no"}).value();
  auto matcher = constraint->matcher();
  const auto allowed = [&matcher](Token t) {
    std::vector<std::int32_t> mask(matcher.mask_words());
    return !matcher.fill(mask).value() || is_allowed(mask, t);
  };
  EXPECT_TRUE(allowed('a'));
  EXPECT_FALSE(allowed('x'));
  EXPECT_FALSE(allowed(kEnd));
  EXPECT_FALSE(matcher.accept('x'));
  EXPECT_TRUE(matcher.accept('n'));
  EXPECT_EQ(matcher.forced_text(), "o");
  EXPECT_FALSE(matcher.is_complete());
  EXPECT_TRUE(matcher.accept('o'));
  EXPECT_TRUE(matcher.is_complete());
  EXPECT_FALSE(matcher.is_terminated());
  EXPECT_TRUE(matcher.accept(kEnd));
  EXPECT_TRUE(matcher.is_terminated());
  EXPECT_FALSE(matcher.accept('a'));
  std::vector<std::int32_t> mask(matcher.mask_words(), -1);
  EXPECT_TRUE(matcher.fill(mask).value());
  EXPECT_FALSE(is_allowed(mask, 'a'));
}

TEST(Constraint, rollback_undoes_accepted_tokens_even_the_last) {
  auto compiler = byte_compiler();
  auto constraint = compiler->compile({ConstraintKind::kRegex, "[ab]+"}).value();
  auto matcher = constraint->matcher();
  for (const Token t : {'a', 'b', 'a'}) EXPECT_TRUE(matcher.accept(t));
  EXPECT_TRUE(matcher.accept(kEnd));
  matcher.rollback(2);
  EXPECT_FALSE(matcher.is_terminated());
  EXPECT_EQ(matcher.accepted(), 2U);
  EXPECT_TRUE(matcher.accept('b'));
  matcher.rollback(99);
  EXPECT_EQ(matcher.accepted(), 0U);
  EXPECT_FALSE(matcher.is_complete());
}

TEST(Constraint, a_grammar_constrains_and_a_broken_one_is_refused_with_its_place) {
  auto compiler = byte_compiler();
  auto good = compiler->compile({ConstraintKind::kGrammar, "root ::= \"yes\" | \"no\" root"});
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(write_text(**good, 1).substr(0, 1).find_first_not_of("yn"), std::string::npos);
  const auto bad = compiler->compile({ConstraintKind::kGrammar, "root ::= \"yes\" |\nroot2 ::= ("});
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().code, ErrorCode::kInvalidArgument);
  EXPECT_NE(bad.error().message.find("line"), std::string::npos) << bad.error().message;
  const auto refused = compiler->compile({ConstraintKind::kRegex, "[a-"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().message.find(".cc:"), std::string::npos)
      << "the library's own source: " << refused.error().message;
}

TEST(Constraint, plain_json_mode_gives_an_object) {
  auto compiler = byte_compiler();
  auto constraint = compiler->compile({ConstraintKind::kJson}).value();
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto text = write_text(*constraint, seed);
    EXPECT_TRUE(nlohmann::json::parse(text, nullptr, false).is_object()) << text;
  }
}

TEST(Constraint, what_a_schema_forces_is_known_without_the_model) {
  auto compiler = byte_compiler();
  auto constraint = compiler->compile({ConstraintKind::kRegex, "\\{\"answer\": (yes|no)\\}"}).value();
  EXPECT_EQ(constraint->matcher().forced_text(), "{\"answer\": ");
}

TEST(ConstraintCompiler, the_cache_keeps_to_its_bytes_and_answers_the_same_spec_once) {
  ConstraintCompilerOptions options;
  options.cache_bytes = 200'000;
  auto compiler = byte_compiler(options);
  auto first = compiler->compile({ConstraintKind::kRegex, "a{3}"}).value();
  EXPECT_EQ(compiler->compile({ConstraintKind::kRegex, "a{3}"}).value(), first);
  EXPECT_EQ(compiler->cache().hits, 1U);
  EXPECT_GT(first->bytes(), 0U);
  for (int i = 0; i < 60; ++i) {
    const auto schema = R"({"properties": {"k)" + std::to_string(i) + R"(": {"type": "string"}}})";
    ASSERT_TRUE(compiler->compile({ConstraintKind::kJsonSchema, schema}).has_value());
    EXPECT_LE(compiler->cache().bytes, options.cache_bytes);
  }
  EXPECT_LT(compiler->cache().entries, 60U);
  EXPECT_GT(compiler->cache().entries, 1U);
}

TEST(ConstraintCompiler, a_vocabulary_without_an_end_is_refused) {
  EXPECT_EQ(ConstraintCompiler::create({{"a", "b"}, {}}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(ConstraintCompiler::create({{"a", "b"}, {7}}).error().code, ErrorCode::kInvalidArgument);
}

struct Refusal {
  const char* schema;
  const char* place;
};

TEST(ConstraintCompiler, schemas_it_cannot_hold_are_refused_with_their_place) {
  auto compiler = byte_compiler();
  std::string deep, close, deep_place = "#";
  for (int i = 0; i < 60; ++i) {
    if (i < 49) deep_place += "/items";
    deep += R"({"type": "array", "items": )";
    close += '}';
  }
  const std::string deep_schema = deep + "true" + close;
  const std::vector<Refusal> refusals = {
      {"{\"type\": ", "#"},
      {"[1]", "#"},
      {"false", "#"},
      {R"({"properties": {"a": {"type": "strin"}}})", "#/properties/a"},
      {R"({"items": {"$ref": "#/$defs/none"}})", "#/items"},
      {R"({"items": {"$ref": "https://example.com/s.json"}})", "#/items"},
      {R"({"$ref": "#"})", "#"},
      {R"({"properties": {"a": {"$ref": "#"}}, "required": ["a"]})", "#"},
      {R"({"type": "array", "minItems": 1, "items": {"$ref": "#"}})", "#"},
      {R"({"properties": {"a/b": {"minLength": 100000}}})", "#/properties/a~1b"},
      {R"({"allOf": [{"type": "string"}, {"type": "number"}]})", "#"},
      {R"({"properties": {"x": {"allOf": [{"pattern": "a"}, {"pattern": "b"}]}}})", "#/properties/x"},
      {R"({"anyOf": []})", "#"},
      {R"({"enum": ["a"], "type": "number"})", "#"},
      {R"({"required": ["a"], "properties": {}, "additionalProperties": false})", "#"},
      {R"({"type": "object", "properties": 5})", "#"},
      {deep_schema.c_str(), deep_place.c_str()},
  };
  for (const auto& refusal : refusals) {
    const auto compiled = compiler->compile({ConstraintKind::kJsonSchema, refusal.schema});
    ASSERT_FALSE(compiled.has_value()) << refusal.schema;
    EXPECT_NE(compiled.error().message.find(std::string("at ") + refusal.place + ":"), std::string::npos)
        << refusal.schema << " -> " << compiled.error().message;
    EXPECT_FALSE(compiled.error().hint.empty());
  }
}

TEST(ConstraintCompiler, what_is_not_enforced_is_said) {
  auto compiler = byte_compiler();
  const auto notices = [&compiler](const char* schema) {
    return compiler->compile({ConstraintKind::kJsonSchema, schema}).value()->notices();
  };
  EXPECT_TRUE(notices(R"({"properties": {"a": {"type": "integer", "title": "A"}}})").empty());
  const auto tags = notices(R"({"properties": {"tags": {"items": {"type": "string"}, "uniqueItems": true}}})");
  ASSERT_EQ(tags.size(), 1U);
  EXPECT_EQ(tags[0], "#/properties/tags: \"uniqueItems\" is not enforced");
}

}  // namespace
}  // namespace hearth
