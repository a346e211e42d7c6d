// `hearth plan` as a user runs it: words and flags in, one document and a folder out.
#include <fstream>

#include "cli_fixture.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class PlanTest : public CliTest {
 protected:
  [[nodiscard]] json plan(std::vector<std::string> arguments, int exit_status = 0) const {
    arguments.insert(arguments.begin(), "plan");
    arguments.push_back("--json");
    const auto result = hearth(arguments);
    EXPECT_EQ(result.exit_status, exit_status) << result.out << result.err;
    json document = json::parse(result.out, nullptr, false);
    EXPECT_FALSE(document.is_discarded()) << result.out;
    if (exit_status == 0 || exit_status == 3) EXPECT_EQ(schema_violation(document, "plan"), "") << result.out;
    return document;
  }
};

TEST_F(PlanTest, words_become_a_plan_that_keeps_to_its_schema_and_says_what_it_understood) {
  const json plan = this->plan({"Pi 5 voice assistant, offline"});
  ASSERT_EQ(plan["choices"].size(), 3U);
  EXPECT_EQ(plan["device"]["id"], "pi5-8gb");
  EXPECT_TRUE(plan["offline"].get<bool>());
  std::uint64_t sum = 0;
  for (const auto& choice : plan["choices"]) sum += choice["memory"]["total_bytes"].get<std::uint64_t>();
  EXPECT_LE(sum, plan["budget_bytes"].get<std::uint64_t>());
  std::uint64_t budgets = 0;
  for (const auto& pool : plan["budgets"]) budgets += pool["bytes"].get<std::uint64_t>();
  EXPECT_EQ(budgets, plan["budget_bytes"].get<std::uint64_t>());
}

TEST_F(PlanTest, what_does_not_fit_is_printed_with_ways_out_and_its_own_status) {
  const json plan = this->plan({"70B on 16 GB"}, 3);
  EXPECT_FALSE(plan["approved"].get<bool>());
  EXPECT_TRUE(plan["choices"].empty());
  std::size_t ways = 0;
  for (const auto& way : plan["alternatives"]) ways += way["fits"].get<bool>() ? 1U : 0U;
  EXPECT_GE(ways, 3U);
}

TEST_F(PlanTest, a_folder_gets_plan_report_and_configuration_files) {
  const fs::path out = home_.path() / "plan";
  const auto result = hearth({"plan", "RTX 4090, Qwen3-32B, 8 users", "--out", out.string()});
  ASSERT_EQ(result.exit_status, 0) << result.err;
  const json plan = json::parse(std::ifstream(out / "plan.json"));
  EXPECT_EQ(schema_violation(plan, "plan"), "");
  EXPECT_TRUE(fs::exists(out / "report.md"));
  EXPECT_TRUE(fs::exists(out / "report.html"));
  EXPECT_GE(plan["configs"].size(), 6U);
  for (const auto& config : plan["configs"]) EXPECT_TRUE(fs::exists(out / config["path"].get<std::string>())) << config;
}

TEST_F(PlanTest, a_profile_file_gives_the_same_choices_as_the_device_it_describes) {
  const json direct = plan({"--device", "jetson-orin-nx-16gb", "--task", "chat,stt"});
  const std::string profile = home_.file("profile.json", direct["device"].dump()).string();
  const json from_file = plan({"--device", profile, "--task", "chat,stt"});
  EXPECT_EQ(direct["choices"], from_file["choices"]);
  EXPECT_EQ(direct["budgets"], from_file["budgets"]);
}

TEST_F(PlanTest, this_machine_and_its_profile_in_a_file_get_the_same_plan) {
  const json direct = plan({"--device", "probe", "--task", "chat,embed"});
  const std::string profile = home_.file("here.json", direct["device"].dump()).string();
  const json from_file = plan({"--device", profile, "--task", "chat,embed"});
  for (const char* part : {"choices", "budgets", "alternatives", "ladders", "service_levels", "verification"})
    EXPECT_EQ(direct[part], from_file[part]) << part;
}

TEST_F(PlanTest, the_environment_can_forbid_everything_remote) {
  ProgramRun run = command({"plan", "8B on Jetson Nano", "--json"});
  run.environment.emplace_back("HEARTH_OFFLINE=1");
  const auto result = run_program(run);
  const json plan = json::parse(result.out, nullptr, false);
  ASSERT_FALSE(plan.is_discarded());
  EXPECT_TRUE(plan["offline"].get<bool>());
  for (const auto& way : plan["alternatives"]) EXPECT_NE(way["kind"], "remote");
}

TEST_F(PlanTest, this_machine_and_a_file_of_ours_are_planned_with_the_runtimes_own_estimate) {
  const json plan = this->plan({"--model", "starter", "--task", "chat", "--ctx", "512"});
  ASSERT_EQ(plan["choices"].size(), 1U);
  const json& choice = plan["choices"][0];
  EXPECT_EQ(choice["memory_basis"], "runtime estimate");
  EXPECT_TRUE(choice["runtime_present"].get<bool>());
  EXPECT_FALSE(choice["file"].get<std::string>().empty());
}

TEST_F(PlanTest, bad_wishes_get_one_sentence_and_the_nearest_choice) {
  struct Wish {
    std::vector<std::string> arguments;
    int exit_status;
    std::string hint;
  };
  for (const auto& wish :
       {Wish{{"--device", "pi55", "--task", "chat"}, 4, "pi5"},
        Wish{{"--device", "pi5", "--model", "qwen3-8bb"}, 4, "qwen3-8b"},
        Wish{{"--device", "pi5", "--task", "chatt"}, 2, "chat"},
        Wish{{"--device", "/no/such/profile.json", "--task", "chat"}, 4, ""},
        Wish{{"--device", "pi5", "--task", "chat", "--ctx", "0"}, 2, ""},
        Wish{{"--device", "pi5", "--task", "chat", "--ctx", "99999999999"}, 2, ""},
        Wish{{"--device", "pi5", "--task", "chat", "--budget-gib", "-3"}, 2, ""},
        Wish{{"--device", "pi5", "--task", "chat", "--users", "0"}, 2, ""},
        Wish{{"--device", "rtx-4090", "--task", "chat", "--quality", "high", "--precision", "Q4_K_M"}, 2, "drop"},
        Wish{{"what is this"}, 2, "hearth plan"}}) {
    const json error = plan(wish.arguments, wish.exit_status);
    ASSERT_TRUE(error.contains("error")) << wish.arguments.back() << error;
    EXPECT_FALSE(error["error"]["message"].get<std::string>().empty());
    EXPECT_NE(error["error"]["hint"].get<std::string>().find(wish.hint), std::string::npos) << error;
  }
  const std::string broken = home_.file("broken.json", "{\"cpu\": 7}").string();
  EXPECT_TRUE(plan({"--device", broken, "--task", "chat"}, 5).contains("error"));
}

}  // namespace
}  // namespace hearth::test
