#include "deploy/quoting.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "deploy/yaml.h"

namespace hearth {

TEST(Quoting, plain_words_stay_plain) {
  EXPECT_EQ(shell_quote("models/a-b_1.gguf"), "models/a-b_1.gguf");
  EXPECT_EQ(systemd_quote("--port"), "--port");
}

TEST(Quoting, a_shell_word_has_no_way_out) {
  EXPECT_EQ(shell_quote("it's $(x)"), "'it'\\''s $(x)'");
  EXPECT_EQ(shell_quote(""), "''");
}

TEST(Quoting, powershell_doubles_every_kind_of_single_quote) {
  EXPECT_EQ(powershell_quote("it's"), "'it''s'");
  EXPECT_EQ(powershell_quote("a\u2019b"), "'a\u2019\u2019b'");
}

TEST(Quoting, systemd_takes_percent_and_dollar_literally) {
  EXPECT_EQ(systemd_quote("50% $HOME \"x\" \\"), "\"50%% $$HOME \\\"x\\\" \\\\\"");
  EXPECT_EQ(systemd_value("100%"), "100%%");
}

TEST(Quoting, slugs_are_safe_names_and_never_empty) {
  EXPECT_EQ(file_slug("../etc/passwd"), "etc-passwd");
  EXPECT_EQ(file_slug("日本"), "model");
  EXPECT_EQ(dns_label("Qwen3 1.7B (Q4_K_M)"), "qwen3-1-7b-q4-k-m");
  EXPECT_EQ(dns_label(std::string(200, 'a')).size(), 63u);
}

TEST(Yaml, text_that_looks_like_something_else_is_quoted) {
  const nlohmann::ordered_json value{
      {"a", "on"}, {"b", "1.5"}, {"c", "plain"}, {"d", "x: y # z"}, {"e", nlohmann::ordered_json::array()}, {"n", 3}};
  EXPECT_EQ(yaml_text(value), "a: \"on\"\nb: \"1.5\"\nc: plain\nd: \"x: y # z\"\ne: []\n\"n\": 3\n");
}

TEST(Yaml, lists_of_mappings_are_nested) {
  nlohmann::ordered_json value;
  value["list"] =
      nlohmann::ordered_json::array({{{"name", "a"}, {"port", 1}}, {{"name", "b"}, {"in", {{"deep", true}}}}});
  EXPECT_EQ(yaml_text(value), "list:\n  - name: a\n    port: 1\n  - name: b\n    in:\n      deep: true\n");
}

}  // namespace hearth
