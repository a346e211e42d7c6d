#include <signal.h>

#include "cli_fixture.h"

namespace hearth::test {
namespace {

using nlohmann::json;

TEST_F(CliTest, complete_gives_the_scripted_text_and_every_figure) {
  const json run = hearth_json(
      {"run", "complete", "-m", script("story.fake.json"), "-p", "Once upon a time", "-n", "40", "--temperature", "0"},
      "run_text");
  EXPECT_EQ(run["text"], ", there was a little girl named Lily.");
  EXPECT_EQ(run["finish_reason"], "stop");
  EXPECT_EQ(run["usage"]["completion_tokens"], run["tokens"].size());
  EXPECT_GT(run["memory"]["peak_rss_bytes"].get<std::uint64_t>(), 0U);
  std::uint64_t placed = 0;
  for (const auto& item : run["placement"]) placed += item["bytes"].get<std::uint64_t>();
  EXPECT_GT(placed, 0U);
}

TEST_F(CliTest, what_never_loaded_runs_in_a_worker_and_then_in_process) {
  const std::vector<std::string> arguments = {"run", "complete", "-m", script("story.fake.json"), "-p", "Once", "-n",
                                              "4",   "--seed",   "7"};
  const json first = hearth_json(arguments, "run_text");
  const json second = hearth_json(arguments, "run_text");
  EXPECT_EQ(first["transport"], "worker");
  EXPECT_EQ(second["transport"], "in-process");
  EXPECT_EQ(first["tokens"], second["tokens"]);
}

TEST_F(CliTest, chat_uses_the_models_template) {
  const json run = hearth_json({"run", "chat", "-m", script("chat.fake.json"), "-p", "What about France?"}, "run_text");
  EXPECT_EQ(run["text"], "The capital of France is Paris.");
}

TEST_F(CliTest, a_model_without_a_template_says_what_is_done_instead) {
  const json run = hearth_json({"run", "chat", "-m", script("story.fake.json"), "-p", "Hi", "-n", "3"}, "run_text");
  ASSERT_EQ(run["notices"].size(), 1U);
  EXPECT_NE(run["notices"][0].get<std::string>().find("no chat template"), std::string::npos);
}

TEST_F(CliTest, the_prompt_may_come_by_standard_input) {
  auto run = command({"run", "complete", "-m", script("story.fake.json"), "--temperature", "0", "--json"});
  run.input = "Once upon a time\n";
  const auto result = run_program(run);
  EXPECT_EQ(json::parse(result.out)["text"], ", there was a little girl named Lily.");
}

TEST_F(CliTest, an_empty_prompt_is_refused_where_the_model_adds_no_token_of_its_own) {
  const auto result = hearth({"run", "complete", "-m", script("story.fake.json"), "-p", "", "-n", "1", "--json"});
  EXPECT_TRUE(result.exit_status == 0 || result.exit_status == 2) << result.out;
}

TEST_F(CliTest, the_length_limit_is_kept_and_told) {
  const json run = hearth_json({"run", "complete", "-m", script("slow.fake.json"), "-p", "go", "-n", "5"}, "run_text");
  EXPECT_EQ(run["tokens"].size(), 5U);
  EXPECT_EQ(run["finish_reason"], "length");
}

TEST_F(CliTest, the_deadline_ends_the_run_with_its_own_status) {
  EXPECT_EQ(
      hearth_error({"run", "complete", "-m", script("slow.fake.json"), "-p", "go", "-n", "900", "--timeout-s", "0.7"},
                   124)["code"],
      "deadline_exceeded");
}

TEST_F(CliTest, an_interrupt_stops_the_answer_and_gives_what_came_so_far) {
  for (const char* transport : {"worker", "in-process"}) {
    auto run =
        command({"run", "complete", "-m", script("slow.fake.json"), "-p", "go", "-n", "900", "--transport", transport});
    run.signal = SIGINT;
    run.signal_after = "surely";
    const auto result = run_program(run);
    EXPECT_EQ(result.exit_status, 130) << transport << result.err;
    EXPECT_NE(result.out.find("surely"), std::string::npos) << result.out;
    EXPECT_NE(result.err.find("decode"), std::string::npos) << result.err;
  }
}

TEST_F(CliTest, on_a_terminal_chat_keeps_the_conversation_and_survives_an_interrupt) {
  auto run = command({"run", "chat", "-m", script("chat.fake.json")});
  run.terminal = true;
  run.input = "hello\n/reset\nWhat about France?\n/exit\n";
  const auto result = run_program(run);
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_NE(result.out.find("Hello there. I am a script"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("The capital of France is Paris."), std::string::npos) << result.out;
}

TEST_F(CliTest, a_prompt_longer_than_the_context_is_refused_with_the_numbers) {
  const json error =
      hearth_error({"run", "complete", "-m", script("story.fake.json"), "--ctx", "8", "-p", std::string(600, 'z')}, 3);
  EXPECT_EQ(error["code"], "does_not_fit");
  EXPECT_NE(error["hint"].get<std::string>().find("--ctx"), std::string::npos);
}

TEST_F(CliTest, fit_counts_each_users_context_and_equals_what_is_reserved) {
  const auto one = hearth_json({"fit", "-m", script("story.fake.json"), "--ctx", "64"}, "model_fit");
  const auto four = hearth_json({"fit", "-m", script("story.fake.json"), "--ctx", "64", "--users", "4"}, "model_fit");
  EXPECT_EQ(four["components"]["kv_cache"].get<std::uint64_t>(),
            4 * one["components"]["kv_cache"].get<std::uint64_t>());
  EXPECT_EQ(one["components"]["weights"], four["components"]["weights"]);
  for (const auto& [users, fit] : {std::pair("1", one), std::pair("4", four)}) {
    const json run = hearth_json(
        {"run", "complete", "-m", script("story.fake.json"), "--ctx", "64", "--users", users, "-p", "Once", "-n", "1"},
        "run_text");
    json components = fit["components"];
    EXPECT_GT(components["runtime"].get<std::uint64_t>(), 0U);
    components.erase("runtime");  // what the processes take is measured, not reserved
    EXPECT_EQ(run["memory"]["reserved"], components) << users;
    EXPECT_LE(run["memory"]["peak_rss_bytes"].get<double>(), fit["total_bytes"].get<double>() * 1.02 + (8 << 20));
  }
}

TEST_F(CliTest, fit_counts_a_model_of_the_catalogue_by_formula) {
  const auto fit = hearth_json({"fit", "-m", "llama-3.2-1b", "--precision", "Q8_0", "--ctx", "4096"}, "model_fit");
  EXPECT_EQ(fit["basis"], "formula");
  EXPECT_EQ(fit["precision"], "Q8_0");
  EXPECT_EQ(fit["components"]["kv_cache"], 134217728);
  const auto half = hearth_json({"fit", "-m", "llama-3.2-1b", "--ctx", "4096", "--kv-type", "q8_0"}, "model_fit");
  EXPECT_EQ(half["precision"], "Q4_K_M");
  EXPECT_EQ(half["components"]["kv_cache"], 71303168);
}

TEST_F(CliTest, fit_names_what_the_catalogue_has_instead_of_a_wrong_name) {
  const json error = hearth_error({"fit", "-m", "llama-3.2-1bb"}, 4);
  EXPECT_NE(error["hint"].get<std::string>().find("llama-3.2-1b"), std::string::npos);
  EXPECT_EQ(hearth_error({"fit", "-m", "llama-3.2-1b", "--precision", "Q9"}, 4)["code"], "not_found");
  EXPECT_EQ(hearth_error({"fit", "-m", script("story.fake.json"), "--precision", "Q8_0"}, 2)["code"],
            "invalid_argument");
}

TEST_F(CliTest, faults_of_a_runtime_are_named_errors) {
  EXPECT_EQ(hearth_error({"run", "complete", "-m", script("faults.fake.json"), "-p", "x"}, 8)["code"], "out_of_memory");
}

TEST_F(CliTest, an_unknown_device_is_an_error_that_names_the_devices) {
  const json error =
      hearth_error({"run", "complete", "-m", script("story.fake.json"), "-p", "x", "--device", "gpu77"}, 6);
  EXPECT_EQ(error["code"], "unavailable");
  EXPECT_NE(error["message"].get<std::string>().find("gpu77"), std::string::npos);
}

TEST_F(CliTest, an_unknown_runtime_is_named) {
  const json error =
      hearth_error({"run", "complete", "-m", script("story.fake.json"), "-p", "x", "--runtime", "abacus"}, 6);
  EXPECT_NE(error["message"].get<std::string>().find("abacus"), std::string::npos);
}

}  // namespace
}  // namespace hearth::test
