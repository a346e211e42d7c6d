#include "plugin_host/plugin_json.h"

#include <gmock/gmock.h>

namespace hearth {
namespace {

using ::testing::HasSubstr;

TEST(PluginJson, describe_reads_every_field_and_needs_only_name_and_version) {
  auto info = parse_describe(R"({"name":"n","version":"1","formats":["gguf"],"capabilities":["text","tensor"],
    "devices":[{"id":"gpu0","kind":"gpu","total_bytes":8,"free_bytes":null}],"options_schema":{"type":"object"},"new_field":[]})");
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_EQ(info->capabilities.size(), 2U);
  EXPECT_EQ(info->devices.at(0).id, "gpu0");
  EXPECT_EQ(info->devices.at(0).total_bytes, 8U);
  EXPECT_FALSE(info->devices.at(0).free_bytes);
  EXPECT_EQ(info->options_schema_json, R"({"type":"object"})");
  EXPECT_TRUE(parse_describe(R"({"name":"n","version":"1"})"));
}

TEST(PluginJson, a_broken_describe_is_invalid_data_that_names_the_field) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "no valid JSON"},
      {"{", "no valid JSON"},
      {"[]", "not an object"},
      {"3", "not an object"},
      {"null", "not an object"},
      {std::string(100'000, '['), "no valid JSON"},
      {"{\"name\":\"\xff\"}", "no valid JSON"},
      {R"({"version":"1"})", "'name' is missing"},
      {R"({"name":"","version":"1"})", "'name'"},
      {R"({"name":3,"version":"1"})", "'name'"},
      {R"({"name":"n"})", "'version' is missing"},
      {R"({"name":"n","version":"1","formats":"gguf"})", "'formats' is not a list"},
      {R"({"name":"n","version":"1","formats":[1]})", "'formats'"},
      {R"({"name":"n","version":"1","devices":{}})", "'devices' is not a list"},
      {R"({"name":"n","version":"1","devices":[7]})", "device 0: is not an object"},
      {R"({"name":"n","version":"1","devices":[{"kind":"cpu"}]})", "'id' is missing"},
      {R"({"name":"n","version":"1","devices":[{"id":"a","kind":"cpu","total_bytes":-1}]})", "'total_bytes'"},
      {R"({"name":"n","version":"1","devices":[{"id":"a","kind":"cpu","free_bytes":1e30}]})", "'free_bytes'"},
      {R"({"name":"n","version":"1","options_schema":"x"})", "'options_schema'"}};
  for (const auto& [json, text] : rows) {
    auto info = parse_describe(json);
    ASSERT_FALSE(info) << json.substr(0, 80);
    EXPECT_EQ(info.error().code, ErrorCode::kInvalidData);
    EXPECT_THAT(info.error().message, HasSubstr(text));
  }
}

TEST(PluginJson, score_is_a_whole_number_and_zero_needs_its_reason) {
  EXPECT_EQ(parse_score(R"({"score":100})")->score, 100);
  auto none = parse_score(R"({"score":0,"reason":"no driver","hint":"install it"})");
  ASSERT_TRUE(none);
  EXPECT_EQ(none->hint, "install it");
  for (const char* json : {"", "{}", R"({"score":101})", R"({"score":-1})", R"({"score":1.5})", R"({"score":"9"})",
                           R"({"score":0})", R"({"score":5,"reason":[]})", R"({"score":1e400})"}) {
    auto score = parse_score(json);
    ASSERT_FALSE(score) << json;
    EXPECT_EQ(score.error().code, ErrorCode::kInvalidData);
  }
}

}  // namespace
}  // namespace hearth
