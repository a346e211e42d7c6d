#include <fstream>

#include "cli_fixture.h"

namespace hearth::test {
namespace {

using nlohmann::json;

TEST_F(CliTest, version_tells_the_runtimes_with_score_and_reason) {
  const json version = hearth_json({"version"}, "version");
  bool any = false;
  for (const auto& runtime : version["runtimes"]) {
    if (runtime["name"] == "fake") any = runtime["present"].get<bool>();
    if (!runtime["present"].get<bool>()) {
      EXPECT_NE(runtime["reason"], "") << runtime["name"];
    }
  }
  EXPECT_TRUE(any) << version;
}

TEST_F(CliTest, runtimes_lists_what_is_absent_with_how_to_install_it) {
  const json document = hearth_json({"runtimes"}, "runtimes");
  std::size_t absent = 0;
  for (const auto& runtime : document["runtimes"]) {
    if (runtime["present"].get<bool>()) continue;
    ++absent;
    EXPECT_NE(runtime["hint"], "") << runtime["name"];
  }
  EXPECT_GT(absent, 0U);
}

TEST_F(CliTest, models_are_added_listed_verified_and_removed) {
  EXPECT_EQ(hearth_json({"models"}, "models")["models"][0]["name"], "starter");
  const json added = hearth_json({"models", "add", script("story.fake.json"), "--name", "story"}, "stored_model");
  EXPECT_EQ(added["format"], "fake.json");
  EXPECT_EQ(hearth_json({"models", "list"}, "models")["models"].size(), 2U);
  EXPECT_EQ(hearth_json({"models", "verify", "story"}, "model_verified")["intact"], true);
  EXPECT_EQ(hearth_json({"models", "remove", "story"}, "model_removed")["freed_bytes"], added["bytes"]);
  EXPECT_EQ(hearth_error({"models", "remove", "story"}, 4)["code"], "not_found");
}

TEST_F(CliTest, project_adds_columns_with_their_bounds_and_says_where_it_declines) {
  const auto rows = home_.file("in.tsv",
                               "device\tmemory_bandwidth_GBps\tmodel\tquant\tn_params_B\tfile_GiB\tbackend\n"
                               "RTX 4090\t1008\tLlama-2-7B\tQ4_0\t6.74\t3.56\tCUDA\n"
                               "a toaster\t\tmystery\t\t\t\t\n");
  const auto out = home_.path() / "out.tsv";
  EXPECT_EQ(hearth_json({"project", "--rows", rows.string(), "--out", out.string()}, "project")["rows"], 2);
  std::ifstream file(out);
  std::string header;
  std::string known;
  std::getline(file, header);
  std::getline(file, known);
  for (const char* column : {"pred_tg128_tps", "pred_tg128_low", "pred_tg128_high", "pred_pp512_tps", "pred_note"})
    EXPECT_NE(header.find(column), std::string::npos) << header;
  EXPECT_EQ(
      hearth_error({"project", "--rows", home_.file("bad.tsv", "x\ty\n").string(), "--out", out.string()}, 5)["code"],
      "invalid_data");
  EXPECT_EQ(hearth_error({"project", "--rows", "/no/such.tsv", "--out", out.string()}, 4)["code"], "not_found");
}

TEST_F(CliTest, wrong_usage_is_one_sentence_with_a_way_on) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"frobnicate"},
                                             {"run", "chat", "--no-such-flag"},
                                             {"run", "complete", "--ctx", "-5"},
                                             {"run", "complete", "--ctx", "99999999999999999999"},
                                             {"run", "complete", "--temperature", "warm"},
                                             {"run", "complete", "--transport", "pigeon"},
                                             {"models", "add"},
                                             {"completion", "tcsh"}}) {
    const json error = hearth_error(arguments, 2);
    EXPECT_EQ(error["code"], "invalid_argument");
    EXPECT_NE(error["hint"].get<std::string>().find("--help"), std::string::npos) << error;
    EXPECT_EQ(error["message"].get<std::string>().find('\n'), std::string::npos) << error;
  }
}

TEST_F(CliTest, help_is_there_for_every_command) {
  for (const std::vector<std::string>& path : std::vector<std::vector<std::string>>{{},
                                                                                    {"run"},
                                                                                    {"run", "chat"},
                                                                                    {"run", "complete"},
                                                                                    {"runtimes"},
                                                                                    {"models"},
                                                                                    {"models", "add"},
                                                                                    {"version"},
                                                                                    {"completion"}}) {
    auto arguments = path;
    arguments.emplace_back("--help");
    const auto result = hearth(arguments);
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_NE(result.out.find("Usage"), std::string::npos) << result.out;
  }
}

TEST_F(CliTest, completion_scripts_name_commands_and_flags) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = hearth_json({"completion", shell}, "completion")["script"].get<std::string>();
    for (const char* word : {"runtimes", "complete", "temperature"})
      EXPECT_NE(script.find(word), std::string::npos) << shell << word;
  }
}

TEST_F(CliTest, without_json_errors_go_to_standard_error_and_no_color_is_obeyed) {
  auto run = command({"run", "complete", "-m", "/no/such/file.gguf", "-p", "x"});
  const auto result = run_program(run);
  EXPECT_EQ(result.exit_status, 4);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("/no/such/file.gguf"), std::string::npos) << result.err;
}

TEST_F(CliTest, on_a_terminal_color_is_used_unless_refused) {
  auto run = command({"run", "complete", "-m", "/no/such/file.gguf", "-p", "x"});
  run.terminal = true;
  EXPECT_EQ(run_program(run).out.find('\x1b'), std::string::npos);
  run.environment.back() = "NO_COLOR";
  EXPECT_NE(run_program(run).out.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace hearth::test
