// hearth fit and hearth plan over files that no plugin reads, and over addresses.
#include <fstream>
#include <iterator>

#include "cli_fixture.h"
#include "support/gguf_builder.h"
#include "support/paths.h"
#include "support/range_server.h"

namespace hearth::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kLargeTensor = 64ULL * 800'000 / 32 * 34;  // Q8_0

// A header of a model and 54 MB of zeros.
std::string large_gguf() {
  auto builder = small_gguf();
  builder.tensor({"blk.1.ffn_up.weight", {64, 800'000}, 8, 65'536}).data(65'536 + kLargeTensor);
  return builder.build();
}

fs::path shared_file(const std::string& name) { return test::shared_dir() / "models" / name; }

class FitSourceTest : public CliTest {
 protected:
  ProgramResult hearth_offline(std::vector<std::string> arguments) const {
    auto run = command(std::move(arguments));
    run.environment.emplace_back("HEARTH_OFFLINE=1");
    return run_program(run);
  }
  RangeServer server_;
};

TEST_F(FitSourceTest, of_an_address_only_the_header_is_fetched) {
  server_.put("/real", {.location = server_.url("/large.gguf")});
  server_.put("/large.gguf", {.body = large_gguf(), .unavailable_first = 1});
  for (const char* path : {"/large.gguf", "/real"}) {
    const json report = hearth_json({"fit", "-m", server_.url(path), "--ctx", "128"}, "model_fit");
    EXPECT_EQ(report["basis"], "formula");
    EXPECT_EQ(report["stored_weight_bytes"], 65'536 + kLargeTensor);
    EXPECT_EQ(report["components"]["weights"], 65'536 + kLargeTensor);
    EXPECT_GT(report["components"]["kv_cache"], 0);
    EXPECT_GT(report["fetched_bytes"], 0);
    EXPECT_LT(report["fetched_bytes"], 1'000'000);
  }
  const auto text = hearth({"fit", "-m", server_.url("/large.gguf")});
  EXPECT_NE(text.out.find("were fetched"), std::string::npos) << text.out;
}

TEST_F(FitSourceTest, an_address_and_the_same_file_here_are_counted_alike) {
  std::ifstream file(test::source_dir() / "data/starter/hearth-starter.gguf", std::ios::binary);
  server_.put("/starter.gguf", {.body = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()}});
  const json remote = hearth_json({"fit", "-m", server_.url("/starter.gguf"), "--users", "2"}, "model_fit");
  const json here = hearth_json({"fit", "-m", "starter", "--users", "2"}, "model_fit");
  const json& formula = here.contains("formula") ? here["formula"]["components"] : here["components"];
  for (const auto& [component, bytes] : formula.items()) EXPECT_EQ(remote["components"][component], bytes) << component;
}

TEST_F(FitSourceTest, offline_nothing_is_asked_of_the_server) {
  server_.put("/m.gguf", {.body = small_gguf().build()});
  const std::string url = server_.url("/m.gguf");
  const json error = hearth_error({"fit", "-m", url, "--offline"}, 6);
  EXPECT_NE(error["message"].get<std::string>().find(url), std::string::npos) << error;
  for (const std::vector<std::string>& wish :
       std::vector<std::vector<std::string>>{{"plan", "--task", "chat", "--device", "pi5", "-m", url, "--offline"},
                                             {"plan", "chat on a raspberry pi 5, fully offline", "-m", url}})
    EXPECT_EQ(hearth_error(wish, 6)["code"], "unavailable");
  EXPECT_EQ(hearth_offline({"fit", "-m", url}).exit_status, 6);
  EXPECT_EQ(hearth_offline({"plan", "--task", "chat", "--device", "pi5", "-m", url}).exit_status, 6);
  EXPECT_EQ(server_.n_connections(), 0);
}

TEST_F(FitSourceTest, what_goes_wrong_on_the_way_is_said_in_a_sentence) {
  server_.put("/whole.gguf", {.body = large_gguf(), .knows_ranges = false});
  server_.put("/gated.gguf", {.status = 403});
  server_.put("/page.gguf", {.body = "<!DOCTYPE html><html>not a model</html>"});
  server_.put("/cut.gguf", {.body = small_gguf().build().substr(0, 300)});
  const std::pair<const char*, int> cases[] = {{"/none.gguf", 4}, {"/whole.gguf", 5}, {"/gated.gguf", 6},
                                               {"/page.gguf", 5}, {"/cut.gguf", 5},   {"/none", 4}};
  for (const auto& [path, exit_status] : cases) {
    const json error = hearth_error({"fit", "-m", server_.url(path)}, exit_status);
    EXPECT_NE(error["message"].get<std::string>().find(server_.url(path)), std::string::npos) << error;
    EXPECT_NE(error["hint"], "") << error;
  }
  EXPECT_EQ(hearth_error({"fit", "-m", "http://"}, 4)["code"], "not_found");
  EXPECT_EQ(hearth_error({"fit", "-m", "https:///m.gguf"}, 2)["code"], "invalid_argument");
  EXPECT_EQ(hearth_error({"fit", "-m", server_.url("/none.gguf"), "--precision", "Q4_0"}, 2)["code"],
            "invalid_argument");
}

TEST_F(FitSourceTest, a_plan_takes_an_address) {
  server_.put("/large.gguf", {.body = large_gguf()});
  const std::string url = server_.url("/large.gguf");
  const json plan = hearth_json({"plan", "--task", "chat", "--device", "pi5", "-m", url, "--ctx", "128"}, "plan");
  ASSERT_EQ(plan["choices"].size(), 1U) << plan;
  EXPECT_EQ(plan["choices"][0]["model"], url);
  EXPECT_LT(server_.sent_bytes(), 1'000'000U);
}

TEST_F(FitSourceTest, files_that_no_plugin_reads_are_counted_from_their_tables) {
  if (!fs::exists(shared_file("detect"))) GTEST_SKIP() << "the real models are not at " << shared_file("");
  const std::tuple<const char*, const char*, std::uint64_t> cases[] = {
      {"detect/yolox-nano.onnx", "tensorrt", 3'617'980},
      {"detect/nanodet-m.xml", "ovms", 3'767'832},
      {"wake/kws_ref_model.tflite", "litert", 24'392}};  // runtimes that Hearth has no plugin for
  for (const auto& [name, runtime, bytes] : cases) {
    const json report = hearth_json({"fit", "-m", shared_file(name).string(), "--runtime", runtime}, "model_fit");
    EXPECT_EQ(report["runtime"], runtime) << name;
    EXPECT_EQ(report["components"]["weights"], bytes) << name;
    EXPECT_EQ(report["notes"].size(), 1U) << name;
  }
  const std::string onnx = shared_file("detect/yolox-nano.onnx").string();
  EXPECT_EQ(hearth_json({"fit", "-m", onnx, "--runtime", "openvino"}, "model_fit")["runtime"], "openvino");
  EXPECT_EQ(hearth_error({"fit", "-m", onnx, "--runtime", "llama"}, 5)["code"], "unsupported");
  EXPECT_EQ(hearth_error({"fit", "-m", onnx, "--runtime", "onnxrutime"}, 4)["code"], "not_found");
}

}  // namespace
}  // namespace hearth::test
