#include "serve/json_reader.h"

#include <gtest/gtest.h>

#include "serve/http_error.h"

namespace hearth::serve {
namespace {

std::string refusal(std::string_view body) {
  const auto parsed = parse_json_object(body);
  return parsed ? "" : parsed.error().message;
}

TEST(JsonReader, refuses_what_is_no_json_object) {
  EXPECT_EQ(refusal(""), "the request has no body");
  EXPECT_EQ(refusal("[1]"), "the request's body must be a JSON object");
  EXPECT_NE(refusal("{\"a\":}").find("the request's body is not JSON: parse error at line 1, column 6"),
            std::string::npos)
      << refusal("{\"a\":}");
  EXPECT_NE(refusal("{} x"), "");
  EXPECT_NE(refusal("{\"a\":1e999}"), "");
  EXPECT_NE(refusal("{\"a\":\"\\ud800\"}"), "");
  EXPECT_EQ(refusal("{\"a\":\"\xff\"}"), "the request's body has invalid UTF-8 at byte 6");
}

TEST(JsonReader, bounds_nesting_values_and_members_before_it_parses) {
  const std::string deep = "{\"a\":" + std::string(100'000, '[');
  EXPECT_EQ(refusal(deep), "the request's body is nested deeper than 64");
  EXPECT_EQ(refusal("{\"a\":" + std::string(63, '[') + std::string(63, ']') + "}"), "");
  std::string wide = "{\"a\":[0";
  for (int i = 0; i < 1'000'000; ++i) wide += ",0";
  EXPECT_EQ(refusal(wide + "]}"), "the request's body has more than 1000000 values");
  std::string members = "{\"m\":0";
  for (int i = 0; i < 9'000; ++i) members += ",\"" + std::to_string(i) + "\":0";
  EXPECT_EQ(refusal(members + "}"), "the request's body has objects with too many members");
  EXPECT_EQ(refusal("{\"a\":\"" + std::string(1000, '[') + "\\\"" + std::string(1000, '{') + "\"}"), "");
}

struct Read {
  explicit Read(const char* text) : json(Json::parse(text)), reader(json, "", notes) {}
  Json json;
  ReadingNotes notes;
  ObjectReader reader;
  std::string fault() { return notes.fault ? notes.fault->message : ""; }
  std::string param() { return notes.fault ? std::string(error_fact(*notes.fault, "param")) : ""; }
};

TEST(JsonReader, reads_what_is_right_and_leaves_what_is_absent_or_null) {
  Read read(
      R"({"t":"x","f":true,"n":0.5,"w":16.0,"none":null,"one":"b","list":["p","q"],"single":"p","o":{"k":[1,{"z":0,"a":1}]}})");
  std::string text = "old", absent = "old";
  bool flag = false;
  float number = 0;
  std::uint32_t whole = 0, kept = 3;
  std::vector<std::string> list, single;
  EXPECT_TRUE(read.reader.text("t", text));
  EXPECT_FALSE(read.reader.text("none", absent));
  EXPECT_FALSE(read.reader.text("nowhere", absent));
  EXPECT_TRUE(read.reader.flag("f", flag));
  EXPECT_TRUE(read.reader.number("n", {0, 1}, number));
  EXPECT_TRUE(read.reader.whole<std::uint32_t>("w", {0, 16}, whole));
  EXPECT_FALSE(read.reader.whole<std::uint32_t>("none", {5, 6}, kept));
  EXPECT_EQ(read.reader.one_of("one", {"a", "b"}), 1U);
  EXPECT_TRUE(read.reader.texts("list", 2, list));
  EXPECT_TRUE(read.reader.texts("single", 2, single));
  std::string object;
  EXPECT_TRUE(read.reader.object_text("o", object));
  EXPECT_EQ(object, R"({"k":[1,{"z":0,"a":1}]})") << "members keep their order";
  EXPECT_EQ(read.fault(), "");
  EXPECT_EQ(text + absent, "xold");
  EXPECT_TRUE(flag);
  EXPECT_EQ(number, 0.5F);
  EXPECT_EQ(whole + kept, 19U);
  EXPECT_EQ(list.size() + single.size(), 3U);
}

TEST(JsonReader, one_sentence_names_the_place) {
  struct Case {
    const char* json;
    const char* sentence;
  };
  const Case cases[] = {
      {R"({"v":1})", "v must be a string, not 1"},
      {R"({"v":{}})", "v must be a string, not an object"},
  };
  for (const Case& c : cases) {
    Read read(c.json);
    std::string text;
    EXPECT_FALSE(read.reader.text("v", text));
    EXPECT_EQ(read.fault(), c.sentence);
    EXPECT_EQ(read.param(), "v");
  }
  const Case numbers[] = {
      {R"({"v":-1})", "v must be a whole number from 1 to 9, not -1"},
      {R"({"v":10})", "v must be a whole number from 1 to 9, not 10"},
      {R"({"v":1.5})", "v must be a whole number from 1 to 9, not 1.5"},
      {R"({"v":1e300})", "v must be a whole number from 1 to 9, not 1e+300"},
      {R"({"v":18446744073709551615})", "v must be a whole number from 1 to 9, not 18446744073709551615"},
      {R"({"v":"5"})", "v must be a whole number from 1 to 9, not \"5\""},
      {R"({"v":true})", "v must be a whole number from 1 to 9, not true"},
  };
  for (const Case& c : numbers) {
    Read read(c.json);
    std::uint32_t value = 0;
    EXPECT_FALSE(read.reader.whole<std::uint32_t>("v", {1, 9}, value));
    EXPECT_EQ(read.fault(), c.sentence);
  }
  Read hot(R"({"v":2.5,"w":[],"x":"c","y":[1],"z":["a","b","c"]})");
  float value = 0;
  EXPECT_FALSE(hot.reader.number("v", {0, 2}, value));
  EXPECT_EQ(hot.fault(), "v must be a number from 0 to 2, not 2.5");
  hot.notes.fault.reset();
  EXPECT_FALSE(hot.reader.number("w", {0, 0.5}, value));
  EXPECT_EQ(hot.fault(), "w must be a number from 0 to 0.5, not a list");
  hot.notes.fault.reset();
  EXPECT_FALSE(hot.reader.one_of("x", {"a", "b"}));
  EXPECT_EQ(hot.fault(), "x must be one of \"a\", \"b\", not \"c\"");
  hot.notes.fault.reset();
  std::vector<std::string> list;
  EXPECT_FALSE(hot.reader.texts("y", 2, list));
  EXPECT_EQ(hot.fault(), "y must be a string or a list of strings");
  hot.notes.fault.reset();
  EXPECT_FALSE(hot.reader.texts("z", 2, list));
  EXPECT_EQ(hot.fault(), "z has 3 items, more than 2");
}

TEST(JsonReader, the_first_fault_counts_and_inner_places_are_named) {
  Read read(R"({"m":[{"a":1},{"a":2}, 3]})");
  const Json* list = read.reader.list("m", 9);
  ASSERT_NE(list, nullptr);
  for (std::size_t i = 1; i < 3; ++i) {
    std::string text;
    if (auto item = object_at(*list, i, "m", read.notes)) (void)item->text("a", text);
  }
  EXPECT_EQ(read.fault(), "m[1].a must be a string, not 2");
  EXPECT_FALSE(read.notes.status());
}

TEST(JsonReader, names_what_nobody_asked_for) {
  Read read(R"({"a":1,"b":2,"c":3,"evil\r\nx: y":4,"n":null})");
  (void)read.reader.find("a");
  read.reader.skip({"c"});
  read.reader.note_rest();
  EXPECT_EQ(read.notes.ignored, (std::vector<std::string>{"b", "evil\r\nx: y", "n"}));
  EXPECT_EQ(read.notes.ignored_header(), "b, evil??x:?y, n");
}

}  // namespace
}  // namespace hearth::serve
