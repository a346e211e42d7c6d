#include "text/json_bounds.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "text/constraint_fixture.h"

namespace hearth {
namespace {

// Whether a constraint lets the whole of `text` be said, byte by byte.
bool lets(const char* schema, const std::string& text) {
  static const auto compiler = byte_compiler();
  const auto constraint = compiler->compile({ConstraintKind::kJsonSchema, schema}).value();
  auto matcher = constraint->matcher();
  for (const char c : text)
    if (!matcher.accept(static_cast<unsigned char>(c))) return false;
  return matcher.is_complete();
}

std::string repeated(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

std::string object_of(int count, const std::string& value) {
  std::string out;
  for (int i = 0; i < count; ++i) out += (i > 0 ? "," : "") + ("\"k" + std::to_string(i) + "\":") + value;
  return "{" + out + "}";
}

TEST(JsonBounds, numbers_without_bounds_end_after_so_many_digits) {
  const char* integer = R"({"type":"integer"})";
  for (const char* said : {"0", "-7", "1234567890123456", "-9999999999999999"})
    EXPECT_TRUE(lets(integer, said)) << said;
  for (const char* said : {"12345678901234567", "01", "-0", "1.0", "1e3"}) EXPECT_FALSE(lets(integer, said)) << said;
  const char* number = R"({"type":"number"})";
  for (const char* said : {"0", "-0.5", "3.1415926535897932", "6.62607015e-34", "1E+300", "1234567890123456.5"})
    EXPECT_TRUE(lets(number, said)) << said;
  for (const char* said : {"0.12345678901234567", "1e1234", "12345678901234567", "1.", "1e", ".5", "00"})
    EXPECT_FALSE(lets(number, said)) << said;
}

TEST(JsonBounds, a_range_that_is_open_to_one_side_is_bounded_there_only) {
  const char* low = R"({"type":"integer","minimum":3})";
  EXPECT_TRUE(lets(low, "3"));
  EXPECT_TRUE(lets(low, "9999999999999999"));
  EXPECT_FALSE(lets(low, "10000000000000000"));
  EXPECT_FALSE(lets(low, "2"));
  const char* high = R"({"type":"number","exclusiveMaximum":0.5})";
  EXPECT_TRUE(lets(high, "0.499"));
  EXPECT_TRUE(lets(high, "-10000000000000000"));
  EXPECT_FALSE(lets(high, "-100000000000000000"));
  EXPECT_FALSE(lets(high, "0.5"));
  // What a schema states is kept, however large.
  EXPECT_TRUE(lets(R"({"type":"integer","minimum":0,"maximum":200000000000000000})", "123456789012345678"));
  EXPECT_TRUE(lets(R"({"type":"integer","minimum":20000000000000000})", "123456789012345678901"));
}

TEST(JsonBounds, one_blank_stands_between_tokens_at_most) {
  const char* schema = R"({"type":"object","properties":{"a":{"type":"array","items":{"type":"integer"}}}})";
  EXPECT_TRUE(lets(schema, R"({"a":[1,2]})"));
  EXPECT_TRUE(lets(schema, "{ \"a\" : [ 1 ,\n2 ] }"));
  EXPECT_FALSE(lets(schema, "{  \"a\":[1]}"));
  EXPECT_FALSE(lets(R"({})", R"({"a":  1})"));
}

TEST(JsonBounds, undeclared_properties_are_counted) {
  const char* free = R"({"type":"object"})";
  EXPECT_TRUE(lets(free, object_of(kFreePropertiesMax, "1")));
  EXPECT_FALSE(lets(free, object_of(kFreePropertiesMax + 1, "1")));
  EXPECT_TRUE(lets(free, object_of(2, object_of(kFreePropertiesMax, "[]"))));
  EXPECT_FALSE(lets(free, object_of(2, object_of(kFreePropertiesMax + 1, "[]"))));
  const char* beside =
      R"({"type":"object","properties":{"n":{"type":"null"}},"required":["n"],"additionalProperties":true})";
  EXPECT_TRUE(lets(beside, R"({"n":null,)" + object_of(kFreePropertiesMax, "{}").substr(1)));
  EXPECT_FALSE(lets(beside, R"({"n":null,)" + object_of(kFreePropertiesMax + 1, "{}").substr(1)));
  const char* typed = R"({"type":"object","additionalProperties":{"type":"integer"}})";
  EXPECT_TRUE(lets(typed, object_of(kTypedPropertiesMax, "1")));
  EXPECT_FALSE(lets(typed, object_of(kTypedPropertiesMax + 1, "1")));
}

TEST(JsonBounds, a_schemas_own_count_is_kept) {
  EXPECT_TRUE(lets(R"({"type":"object","maxProperties":20})", object_of(20, "true")));
  EXPECT_FALSE(lets(R"({"type":"object","maxProperties":2})", object_of(3, "true")));
  EXPECT_TRUE(lets(R"({"type":"object","minProperties":30})", object_of(30, "true")));
  EXPECT_FALSE(lets(R"({"type":"object","minProperties":30})", object_of(29, "true")));
  EXPECT_TRUE(lets(R"({"type":"array","items":{"type":"integer"}})", "[" + repeated(999, "1,") + "1]"));
}

TEST(JsonBounds, values_of_which_nothing_is_said_have_an_end) {
  EXPECT_TRUE(lets("{}", "[" + repeated(kFreeItemsMax - 1, "1,") + "1]"));
  EXPECT_FALSE(lets("{}", "[" + repeated(kFreeItemsMax, "1,") + "1]"));
  EXPECT_TRUE(lets("{}", repeated(kFreeDepthMax, "[") + repeated(kFreeDepthMax, "]")));
  EXPECT_FALSE(lets("{}", repeated(kFreeDepthMax + 1, "[") + repeated(kFreeDepthMax + 1, "]")));
  EXPECT_TRUE(lets("{}", "\"" + repeated(5000, "long ") + "\\n\""));
  EXPECT_TRUE(lets(R"({"type":"array"})", R"([{"a":[null,"\u00e9",{}]}])"));
}

TEST(JsonBounds, words_of_a_grammar_inside_texts_are_left_alone) {
  const std::string word = R"(x_properties{0, -1})";
  const auto schema = nlohmann::json{{"enum", {word, "basic_any"}}}.dump();
  EXPECT_TRUE(lets(schema.c_str(), nlohmann::json(word).dump()));
  EXPECT_TRUE(lets(schema.c_str(), "\"basic_any\""));
  const auto named = nlohmann::json{{"properties", {{"\"a_properties{0, -1}", {{"type", "null"}}}}}}.dump();
  EXPECT_TRUE(lets(named.c_str(), R"({"\"a_properties{0, -1}":null})"));
  EXPECT_TRUE(lets(R"({"type":"string","pattern":"^水[a-z]{2,}$"})", "\"水" + repeated(50, "ab") + "\""));
}

struct FormatCase {
  const char* schema;
  const char* good;
  const char* bad;
};

TEST(JsonBounds, formats_come_to_an_end_and_hold_their_length_as_well) {
  const FormatCase cases[] = {
      {R"({"type":"string","format":"date-time"})", "2024-02-03T04:05:06.123456789+01:00",
       "2024-02-03T04:05:06.1234567890Z"},
      {R"({"type":"string","format":"time"})", "23:59:59.1Z", "24:00:00Z"},
      {R"({"type":"string","format":"time","maxLength":9})", "23:59:59Z", "23:59:59.1Z"},
      {R"({"type":"string","format":"time","maxLength":15})", "23:59:59+01:00", "23:59:59.1+01:00"},
      {R"({"type":"string","format":"date-time","maxLength":27})", "2024-02-03T04:05:06.1+01:00",
       "2024-02-03T04:05:06.12+01:00"},
      {R"({"type":"string","format":"date","maxLength":10})", "2024-12-31", "2024-13-01"},
      {R"({"type":"string","format":"email"})", "first.last@mail.example.com", "a..b@example.com"},
      {R"({"type":"string","format":"email","maxLength":40})", "firstname.name@example.org",
       "firstname.name@an.example.of.a.domain.example.org"},
      {R"({"type":"string","format":"email","maxLength":6})", "a@b.cd", "ab@b.cd"},
  };
  for (const auto& each : cases) {
    EXPECT_TRUE(lets(each.schema, '"' + std::string(each.good) + '"')) << each.schema << " " << each.good;
    EXPECT_FALSE(lets(each.schema, '"' + std::string(each.bad) + '"')) << each.schema << " " << each.bad;
  }
  const auto refused =
      byte_compiler()->compile({ConstraintKind::kJsonSchema, R"({"type":"string","format":"uuid","maxLength":9})"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
}

TEST(JsonBounds, an_email_is_never_longer_than_its_bound) {
  const auto compiler = byte_compiler();
  for (int length = 6; length < 60; ++length) {
    const auto schema = R"({"type":"string","format":"email","maxLength":)" + std::to_string(length) + "}";
    const auto constraint = compiler->compile({ConstraintKind::kJsonSchema, schema}).value();
    EXPECT_TRUE(constraint->notices().empty());
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
      const auto said = Babbler(*constraint, seed).write(60);
      ASSERT_FALSE(said.empty());
      EXPECT_LE(said.size(), static_cast<std::size_t>(length) + 2) << said;
    }
  }
}

}  // namespace
}  // namespace hearth
