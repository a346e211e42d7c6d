// hearth run detect, classify and pipeline on the fake runtime's graphs.
#include <fstream>
#include <map>
#include <set>

#include "cli_fixture.h"
#include "support/vision_models.h"

namespace hearth::test {
namespace {

using nlohmann::json;

class VisionCliTest : public CliTest {
 protected:
  VisionCliTest() {
    write("a.bmp", bmp_file(64, 64));
    write("b.bmp", bmp_file(32, 48));
    write("broken.bmp", "BM nothing more");
    write("find.fake.json", detector_script());
    write("find.fake.vision.json", detector_record());
    write("say.fake.json", classifier_script());
    write("labels.txt", "cat\ndog\nbird\n");
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::filesystem::create_directories(folder());
    std::ofstream(folder() / name, std::ios::binary) << bytes;
  }
  [[nodiscard]] std::filesystem::path folder() const { return home_.path() / "pictures"; }
  [[nodiscard]] std::string at(const std::string& name) const { return (folder() / name).string(); }
  [[nodiscard]] static std::vector<json> lines(const std::string& text, const std::string& schema) {
    std::vector<json> all;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; begin = end + 1, end = text.find('\n', begin)) {
      all.push_back(json::parse(text.substr(begin, end - begin)));
      EXPECT_EQ(schema_violation(all.back(), schema), "") << all.back();
    }
    return all;
  }
};

TEST_F(VisionCliTest, detect_gives_a_line_a_picture_in_their_order) {
  const auto result = hearth({"run", "detect", "-m", at("find.fake.json"), at("a.bmp"), at("b.bmp"), "--json"});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  const auto all = lines(result.out, "run_detect");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0]["path"], at("a.bmp"));
  EXPECT_EQ(all[0]["width"], 64);
  ASSERT_EQ(all[0]["objects"].size(), 2U);
  EXPECT_EQ(all[0]["objects"][0]["label"], "person");
  EXPECT_EQ(all[0]["objects"][0]["box"], json({8.0, 12.0, 24.0, 20.0}));
  EXPECT_EQ(all[1]["height"], 48);
}

TEST_F(VisionCliTest, a_failed_picture_is_a_line_and_the_others_go_on) {
  const auto result = hearth({"run", "detect", "-m", at("find.fake.json"), at("a.bmp"), at("broken.bmp"),
                              at("none.bmp"), at("b.bmp"), "--streams", "2", "--json"});
  const auto all = lines(result.out, "run_detect");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[1]["path"], at("broken.bmp"));
  EXPECT_EQ(all[1]["error"]["code"], "invalid_data");
  EXPECT_EQ(all[2]["error"]["code"], "not_found");
  EXPECT_TRUE(all[3].contains("objects"));
  EXPECT_EQ(result.exit_status, 5) << "the worst of the items";
}

TEST_F(VisionCliTest, folders_and_patterns_stand_for_their_pictures) {
  const auto pattern = hearth({"run", "detect", "-m", at("find.fake.json"), at("[ab].bmp"), "--json"});
  EXPECT_EQ(lines(pattern.out, "run_detect").size(), 2U);
  const auto all = hearth({"run", "detect", "-m", at("find.fake.json"), folder().string(), "--json"});
  EXPECT_EQ(lines(all.out, "run_detect").size(), 3U);
}

TEST_F(VisionCliTest, pictures_and_raw_frames_come_by_a_pipe) {
  auto run = command({"run", "detect", "-m", at("find.fake.json"), "-", "--json"});
  run.input = bmp_file(64, 64);
  auto all = lines(run_program(run).out, "run_detect");
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0]["path"], "-");
  auto raw = command({"run", "detect", "-m", at("find.fake.json"), "--raw", "rgb24:8x4", "--track", "--json"});
  raw.input = std::string(8 * 4 * 3 * 2 + 10, '\x20');
  all = lines(run_program(raw).out, "run_detect");
  ASSERT_EQ(all.size(), 3U) << "two frames, and one that was cut off";
  EXPECT_EQ(all[1]["frame"], 1);
  EXPECT_TRUE(all[0]["objects"][0].contains("track_id"));
  EXPECT_EQ(all[2]["error"]["code"], "invalid_data");
}

TEST_F(VisionCliTest, classify_takes_the_labels_beside_the_model) {
  const auto result = hearth({"run", "classify", "-m", at("say.fake.json"), at("a.bmp"), "--top", "2", "--json"});
  const auto all = lines(result.out, "run_classify");
  ASSERT_EQ(all.size(), 1U) << result.out << result.err;
  ASSERT_EQ(all[0]["labels"].size(), 2U);
  EXPECT_EQ(all[0]["labels"][0]["label"], "dog");
}

TEST_F(VisionCliTest, what_was_found_is_painted) {
  const std::string out = at("painted.jpg");
  const auto result = hearth({"run", "detect", "-m", at("find.fake.json"), at("a.bmp"), "--draw", out, "--json"});
  EXPECT_EQ(lines(result.out, "run_detect").at(0)["drawn"], out);
  EXPECT_GT(std::filesystem::file_size(out), 300U);
}

TEST_F(VisionCliTest, a_model_of_another_task_is_wrong_usage) {
  const json error = hearth_error({"run", "detect", "-m", at("say.fake.json"), at("a.bmp")}, 2);
  EXPECT_NE(error["message"].get<std::string>().find("classify"), std::string::npos);
}

TEST_F(VisionCliTest, without_a_model_the_current_plan_decides) {
  json error = hearth_error({"run", "detect", at("a.bmp")}, 2);
  EXPECT_NE(error["hint"].get<std::string>().find("hearth plan --task detect"), std::string::npos);
  const auto choice = [&](const char* task, const std::string& file) -> json {
    return {{"task", task},      {"model", "finder"}, {"file", file},    {"precision", "f32"}, {"format", "fake.json"},
            {"runtime", "fake"}, {"backend", "cpu"},  {"device", "cpu"}, {"users", 1}};
  };
  const auto plan = [&](const std::vector<json>& choices) {
    std::filesystem::create_directories(home_.path() / "plans/current");
    const json document = {{"schema_version", 1},
                           {"hearth_version", "0.1.0"},
                           {"device", hearth_json({"probe", "--quick"}, "probe")},
                           {"choices", choices}};
    std::ofstream(home_.path() / "plans/current/plan.json") << document;
  };
  plan({choice("classify", at("say.fake.json")), choice("vision", at("find.fake.json"))});
  const auto found = hearth({"run", "detect", at("a.bmp"), "--json"});
  EXPECT_EQ(found.exit_status, 0) << found.out << found.err;
  EXPECT_EQ(lines(found.out, "run_detect").at(0)["objects"][0]["label"], "person");
  const auto told = hearth({"run", "detect", at("a.bmp")});
  EXPECT_NE(told.err.find("finder on fake, as planned"), std::string::npos) << told.err;
  const auto said = hearth({"run", "classify", at("a.bmp"), "--json"});
  EXPECT_EQ(lines(said.out, "run_classify").at(0)["labels"][0]["label"], "dog") << said.err;
  plan({choice("chat", at("find.fake.json"))});
  error = hearth_error({"run", "detect", at("a.bmp")}, 4);
  EXPECT_NE(error["message"].get<std::string>().find("no model to detect"), std::string::npos);
  plan({choice("detect", at("gone.fake.json"))});
  error = hearth_error({"run", "detect", at("a.bmp")}, 4);
  EXPECT_NE(error["hint"].get<std::string>().find("gone.fake.json"), std::string::npos);
}

TEST_F(VisionCliTest, a_plans_detector_is_verified_by_latency_rate_and_bytes_and_told_to_the_ledger) {
  json script = json::parse(detector_script(3000));
  script["memory"] = {{"other_bytes", 1'000'000}};
  write("steady.fake.json", script.dump());
  const auto interval = [](double value, double low, double high) -> json {
    return {{"value", value}, {"low", low}, {"high", high}};
  };
  json choice = {{"task", "vision"},
                 {"model", "finder"},
                 {"file", at("steady.fake.json")},
                 {"precision", "f32"},
                 {"format", "fake.json"},
                 {"runtime", "fake"},
                 {"backend", "cpu"},
                 {"device", "cpu"},
                 {"users", 1},
                 {"projection", {{"latency_ms", interval(4, 3, 1000)}, {"fps", interval(250, 1, 334)}}}};
  const auto verify = [&](int exit_status) {
    const json document = {{"schema_version", 1},
                           {"hearth_version", "0.1.0"},
                           {"device", hearth_json({"probe", "--quick"}, "probe")},
                           {"choices", json::array({choice})}};
    const std::string plan = home_.file("plan.json", document.dump()).string();
    const auto result = hearth({"verify", plan, "--json", "--seconds", "0.2", "--repeats", "1"});
    EXPECT_EQ(result.exit_status, exit_status) << result.out << result.err;
    const json report = json::parse(result.out, nullptr, false);
    EXPECT_EQ(schema_violation(report, "verify"), "") << result.out;
    std::map<std::string, json> by_metric;
    for (const auto& check : report["checks"]) by_metric[check.value("metric", "")] = check;
    return by_metric;
  };
  auto checks = verify(0);
  EXPECT_EQ(checks["latency_ms"]["pass"], true);
  EXPECT_GE(checks["latency_ms"]["measured"], 3) << "the script takes 3 ms a run";
  EXPECT_EQ(checks["fps"]["pass"], true);
  EXPECT_LE(checks["fps"]["measured"], 334);
  EXPECT_GE(checks["reserved_bytes"]["measured"], 1'000'000);
  const json ledger = hearth_json({"ledger"}, "ledger");
  std::set<std::string> recorded;
  for (const auto& record : ledger["records"]) recorded.insert(record["metric"]);
  for (const char* metric : {"latency_ms", "fps", "load_ms", "reserved_bytes"})
    EXPECT_TRUE(recorded.contains(metric)) << metric;
  choice["projection"]["fps"] = interval(1e6, 9e5, 2e6);
  EXPECT_EQ(verify(7)["fps"]["pass"], false);
}

TEST_F(VisionCliTest, a_latency_budget_is_told_frame_by_frame) {
  auto run = command(
      {"run", "detect", "-m", at("find.fake.json"), "--raw", "gray:8x8", "--latency-budget-ms", "1000", "--json"});
  run.input = std::string(8 * 8 * 3, '\x20');
  const auto all = lines(run_program(run).out, "run_detect");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0]["resolution"], 32);
  EXPECT_EQ(all[0]["skip"], 0);
}

TEST_F(VisionCliTest, a_shipped_pipeline_runs_and_draws_itself) {
  const std::string html = at("graph.html");
  const auto result =
      hearth({"run", "pipeline", "detect-crop-classify", at("a.bmp"), at("b.bmp"), "-m",
              "detector=" + at("find.fake.json"), "-m", "classifier=" + at("say.fake.json"), "--html", html, "--json"});
  const auto all = lines(result.out, "run_pipeline");
  ASSERT_EQ(all.size(), 3U) << result.out << result.err;
  EXPECT_EQ(all[0]["objects"][0]["labels"][0]["label"], "dog");
  EXPECT_EQ(all[2]["figures"]["frames"], 2);
  EXPECT_GT(std::filesystem::file_size(html), 1000U);
}

TEST_F(VisionCliTest, a_pipeline_has_a_language_model_say_what_was_seen) {
  const auto result =
      hearth({"run", "pipeline", "detect-describe", at("a.bmp"), "-m", "detector=" + at("find.fake.json"), "-m",
              "writer=" + script("chat.fake.json"), "--json"});
  const auto all = lines(result.out, "run_pipeline");
  ASSERT_EQ(all.size(), 2U) << result.out << result.err;
  EXPECT_FALSE(all[0]["text"].get<std::string>().empty());
}

TEST_F(VisionCliTest, pipelines_that_are_wrong_are_named) {
  write("cyclic.json", R"({"name": "c", "models": {"d": "detect"}, "stages": [
    {"id": "a", "kind": "detect", "model": "d", "from": "b"}, {"id": "b", "kind": "draw", "from": "a"}]})");
  const json error = hearth_error({"run", "pipeline", at("cyclic.json"), at("a.bmp")}, 5);
  EXPECT_NE(error["message"].get<std::string>().find("cyclic"), std::string::npos);
  const json none = hearth_error({"run", "pipeline", "nothing", at("a.bmp")}, 4);
  EXPECT_NE(none["hint"].get<std::string>().find("detect-draw"), std::string::npos);
}

}  // namespace
}  // namespace hearth::test
