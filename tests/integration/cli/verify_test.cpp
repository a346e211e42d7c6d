// `hearth verify` and `hearth ledger` on plans written by hand: what is measured, judged, recorded and refused.
#include <array>
#include <fstream>
#include <thread>

#include "cli_fixture.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

json interval(double value, double low, double high) { return {{"value", value}, {"low", low}, {"high", high}}; }

// A model of the scripted runtime that takes 50 ms to load, 4 ms a token and 0.5 ms for one of the prompt.
constexpr const char* kScript = R"({"hearth_fake": 1, "name": "steady", "context_length": 1024,
  "otherwise": {"rule": "text", "text": "slowly but surely "},
  "latency": {"load_ms": 50, "prefill_token_us": 500, "decode_us": 4000}})";

json scripted_choice(const std::string& script) {
  return {{"task", "chat"},
          {"model", "steady"},
          {"file", script},
          {"precision", "f32"},
          {"format", "fake.json"},
          {"runtime", "fake"},
          {"backend", "cpu"},
          {"device", "cpu"},
          {"context_length", 128},
          {"users", 1},
          {"projection",
           {{"decode_tok_s", interval(250, 1, 260)},
            {"prefill_tok_s", interval(2000, 5, 2100)},
            {"ttft_ms", interval(16, 10, 6000)},
            {"ttft_prompt_tokens", 32},
            {"basis", "fitted from measured tables"}}}};
}

class VerifyTest : public CliTest {
 protected:
  // A plan for this machine, or for another one called `machine`.
  [[nodiscard]] std::string plan_file(const std::vector<json>& choices, const std::string& machine = {}) const {
    json device = hearth_json({"probe", "--quick"}, "probe");
    if (!machine.empty()) {
      device.erase("id");
      device["name"] = machine;
    }
    const json plan = {{"schema_version", 1}, {"hearth_version", "0.1.0"}, {"device", device}, {"choices", choices}};
    return home_.file("plan.json", plan.dump()).string();
  }
  [[nodiscard]] std::string steady() const { return home_.file("steady.fake.json", kScript).string(); }
  // Verifies quickly and checks the answer against its schema.
  [[nodiscard]] json verify(const std::string& plan, int exit_status, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"verify", plan, "--json", "--seconds", "0.2", "--repeats", "1"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const auto result = hearth(arguments);
    EXPECT_EQ(result.exit_status, exit_status) << result.out << result.err;
    json document = json::parse(result.out, nullptr, false);
    EXPECT_EQ(schema_violation(document, "verify"), "") << result.out;
    return document;
  }
  [[nodiscard]] static json check_of(const json& report, const std::string& metric) {
    for (const auto& check : report["checks"])
      if (check.value("metric", "") == metric) return check;
    return json::object();
  }
};

TEST_F(VerifyTest, a_plan_that_holds_passes_with_its_figures_and_tells_the_ledger) {
  const json report = verify(plan_file({scripted_choice(steady())}), 0);
  EXPECT_EQ(report["pass"], true);
  const json decode = check_of(report, "decode_tok_s");
  EXPECT_EQ(decode["pass"], true);
  EXPECT_EQ(decode["projected"], 250);
  // The script waits 4 ms for each token: never faster, and slower only by what the machine adds.
  EXPECT_LE(decode["measured"], 252);
  EXPECT_GT(decode["measured"], 5);
  EXPECT_NEAR(decode["error"].get<double>(), decode["measured"].get<double>() / 250 - 1, 1e-9);
  EXPECT_GE(check_of(report, "ttft_ms")["measured"], 16);  // 32 tokens of 0.5 ms
  EXPECT_GE(check_of(report, "load_ms")["measured"], 50);
  EXPECT_TRUE(check_of(report, "sustained_decode_tok_s").contains("measured"));
  EXPECT_FALSE(check_of(report, "sustained_decode_tok_s").contains("pass"));  // the plan promises nothing of it

  const json ledger = hearth_json({"ledger"}, "ledger");
  EXPECT_EQ(ledger["records"].size(), report["ledger"]["recorded"]);
  std::size_t decodes = 0;
  for (const auto& record : ledger["records"]) {
    EXPECT_EQ(record["machine"], report["machine"]);
    EXPECT_EQ(record["model_sha256"].get<std::string>().size(), 64U);
    EXPECT_EQ(record["settings"]["n_ctx"], "128");
    if (record["metric"] != "decode_tok_s") continue;
    ++decodes;
    EXPECT_EQ(record["kind"], "speed");
    EXPECT_EQ(record["projected"], 250);
    EXPECT_EQ(record["raw_projected"], 250);
    EXPECT_EQ(record["unit"], "tok/s");
  }
  EXPECT_GE(decodes, 1U);
}

TEST_F(VerifyTest, figures_outside_their_bounds_exit_with_7_on_either_side_and_are_recorded_all_the_same) {
  for (const json& absurd : {interval(1e6, 9e5, 2e6), interval(0.001, 0.0005, 0.002)}) {
    json choice = scripted_choice(steady());
    choice["projection"]["decode_tok_s"] = absurd;
    const json report = verify(plan_file({choice}), 7);
    EXPECT_EQ(report["pass"], false);
    EXPECT_EQ(report["failed"], 1);
    EXPECT_EQ(check_of(report, "decode_tok_s")["pass"], false);
    EXPECT_GT(report["ledger"]["recorded"], 5);
  }
  json choice = scripted_choice(steady());
  choice["projection"]["decode_tok_s"] = interval(400, 350, 450);
  EXPECT_EQ(verify(plan_file({choice}), 0, {"--tolerance", "0.99"})["pass"], true);
}

TEST_F(VerifyTest, a_corrected_projection_is_recorded_with_what_the_fit_said) {
  json choice = scripted_choice(steady());
  choice["projection"]["basis"] = "measured here, weighed with the fit";
  choice["projection"]["fitted"] = {{"decode_tok_s", 12.5}};
  (void)verify(plan_file({choice}), 0);
  for (const auto& record : hearth_json({"ledger", "--kind", "speed"}, "ledger")["records"]) {
    if (record["metric"] == "decode_tok_s") {
      EXPECT_EQ(record["raw_projected"], 12.5);
    }
    if (record["metric"] == "prefill_tok_s") {
      EXPECT_FALSE(record.contains("raw_projected"));
    }
  }
}

TEST_F(VerifyTest, the_starter_holds_the_memory_that_fit_says) {
  if (!fs::exists(test::build_dir() / "lib/hearth/runtimes/libhearth_runtime_llama.so"))
    GTEST_SKIP() << "the llama.cpp runtime is not built";
  const auto starter = (test::source_dir() / "data/starter/hearth-starter.gguf").string();
  const json fit = hearth_json({"fit", "-m", starter, "--ctx", "256", "--micro-batch", "128"}, "model_fit");
  json items = json::array();
  for (const auto& [component, bytes] : fit["components"].items())
    if (component != "runtime") items.push_back({{"device", "cpu"}, {"component", component}, {"bytes", bytes}});
  json choice = {{"task", "chat"},
                 {"model", "hearth-starter"},
                 {"file", starter},
                 {"runtime", "llama"},
                 {"device", "cpu"},
                 {"context_length", 256},
                 {"users", 1},
                 {"memory", {{"items", items}}},
                 {"memory_basis", "runtime estimate"},
                 {"settings", {{"threads", 1}, {"prompt_microbatch", 128}}},
                 {"projection", {{"decode_tok_s", interval(500, 0.01, 1e7)}}}};
  json vision = {{"task", "vision"}, {"model", "yolo"}, {"runtime", "tensorrt"}, {"runtime_name", "TensorRT"}};
  const json report = verify(plan_file({choice, vision}), 0);
  for (const char* metric : {"weights_bytes", "kv_cache_bytes", "compute_bytes", "reserved_bytes"}) {
    const json check = check_of(report, metric);
    EXPECT_EQ(check.value("pass", false), true) << metric << check;
    EXPECT_NEAR(check.value("error", 1.0), 0, 0.01) << metric << check;
  }
  EXPECT_EQ(check_of(report, "accelerator_share").value("pass", false), true);
  EXPECT_EQ(report["skipped"], 1);
  EXPECT_NE(report["checks"].back()["skipped"].get<std::string>().find("TensorRT"), std::string::npos);
  choice["memory"]["items"][0]["bytes"] = 1'000'000'000;
  EXPECT_EQ(verify(plan_file({choice}), 7)["pass"], false);
}

TEST_F(VerifyTest, a_model_that_does_not_run_is_a_promise_not_kept) {
  const auto broken = home_.file("broken.fake.json", "{\"hearth_fake\": 1, \"name\": 5}");
  const json report = verify(plan_file({scripted_choice(broken.string())}), 7);
  EXPECT_EQ(check_of(report, "load_ms")["pass"], false);
  EXPECT_NE(check_of(report, "load_ms")["note"], "");
}

TEST_F(VerifyTest, bad_input_is_one_sentence_with_a_way_on) {
  EXPECT_NE(hearth_error({"verify"}, 4)["hint"].get<std::string>().find("hearth plan"), std::string::npos);
  EXPECT_EQ(hearth_error({"verify", "/no/such/plan.json"}, 4)["code"], "not_found");
  EXPECT_EQ(hearth_error({"verify", home_.file("torn.json", "{\"choices\": [").string()}, 5)["code"], "invalid_data");
  EXPECT_EQ(hearth_error({"verify", "--repeats", "0"}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"verify", "--seconds", "-1"}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"verify", plan_file({scripted_choice("/gone/model.fake.json")})}, 4)["code"], "not_found");
  json absent = scripted_choice(steady());
  absent["runtime"] = "no-such-runtime";
  const json nothing = hearth_error({"verify", plan_file({absent})}, 6);
  EXPECT_NE(nothing["message"].get<std::string>().find("no-such-runtime"), std::string::npos);
  EXPECT_EQ(hearth_error({"ledger", "--html", "-"}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"ledger", "--kind", "luck"}, 2)["code"], "invalid_argument");
}

TEST_F(VerifyTest, a_plan_for_another_machine_or_a_changed_file_needs_force) {
  json choice = scripted_choice(steady());
  const std::string other = "some board that this is not";
  const json refused = hearth_error({"verify", plan_file({choice}, other)}, 3);
  EXPECT_NE(refused["message"].get<std::string>().find(other), std::string::npos);
  EXPECT_FALSE(verify(plan_file({choice}, other), 0, {"--force"})["notices"].empty());
  choice["file_sha256"] = std::string(64, 'a');
  EXPECT_EQ(hearth_error({"verify", plan_file({choice})}, 5)["code"], "invalid_data");
  EXPECT_FALSE(verify(plan_file({choice}), 0, {"--force"})["notices"].empty());
}

TEST_F(VerifyTest, the_ledger_is_shown_as_text_and_as_one_page) {
  const auto empty = hearth({"ledger"});
  EXPECT_EQ(empty.exit_status, 0);
  EXPECT_NE(empty.out.find("hearth verify"), std::string::npos);
  EXPECT_TRUE(hearth_json({"ledger"}, "ledger")["records"].empty());
  json choice = scripted_choice(steady());
  choice["model"] = "<script>alert(1)</script>";
  (void)verify(plan_file({choice}), 0);
  (void)verify(plan_file({choice}), 0);
  const auto table = hearth({"ledger"});
  EXPECT_NE(table.out.find("decode_tok_s"), std::string::npos) << table.out;
  const auto page = home_.path() / "ledger.html";
  EXPECT_EQ(hearth({"ledger", "--html", page.string()}).exit_status, 0);
  std::ifstream file(page);
  const std::string html{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(html.find("<svg"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(html.find("http"), std::string::npos);  // it needs nothing from elsewhere
  EXPECT_EQ(hearth_json({"ledger", "--limit", "3"}, "ledger")["records"].size(), 3U);
  EXPECT_TRUE(hearth_json({"ledger", "--machine", "elsewhere"}, "ledger")["records"].empty());
}

TEST_F(VerifyTest, a_ledger_that_is_corrupt_is_kept_aside_and_verifying_goes_on) {
  home_.file("ledger.sqlite", std::string(5000, '#'));
  const json report = verify(plan_file({scripted_choice(steady())}), 0);
  EXPECT_GT(report["ledger"]["recorded"], 5);
  ASSERT_FALSE(report["notices"].empty());
  EXPECT_NE(report["notices"].dump().find(".corrupt-"), std::string::npos);
}

TEST_F(VerifyTest, two_programs_verify_into_one_ledger) {
  const auto plan = plan_file({scripted_choice(steady())});
  std::array<json, 2> reports;
  std::thread other([&] { reports[0] = verify(plan, 0); });
  reports[1] = verify(plan, 0);
  other.join();
  const auto sum = reports[0]["ledger"]["recorded"].get<int>() + reports[1]["ledger"]["recorded"].get<int>();
  EXPECT_EQ(hearth_json({"ledger"}, "ledger")["records"].size(), static_cast<std::size_t>(sum));
}

TEST_F(VerifyTest, an_interrupt_ends_it_with_130) {
  auto run = command({"verify", plan_file({scripted_choice(steady())}), "--seconds", "60"});
  run.signal = 2;
  run.signal_after = "decoding for";
  run.timeout = std::chrono::milliseconds(30'000);
  EXPECT_EQ(run_program(run).exit_status, 130);
}

}  // namespace
}  // namespace hearth::test
