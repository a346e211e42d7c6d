// `hearth probe` on the machine that runs the tests: its output against the schema, its time, what it remembers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "catalog/schema_check.h"
#include "platform/file.h"
#include "probe/recorded_machine.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class LiveProbe : public ::testing::Test {
 protected:
  ProgramResult hearth(std::vector<std::string> arguments) const {
    ProgramRun run;
    run.program = test::build_dir() / "bin/hearth";
    run.arguments = std::move(arguments);
    run.arguments.insert(run.arguments.begin(), "probe");
    run.environment = {"HEARTH_HOME=" + home_.path().string()};
    run.environment.insert(run.environment.end(), environment_.begin(), environment_.end());
    return run_program(run);
  }
  json document(std::vector<std::string> arguments) const {
    arguments.emplace_back("--json");
    const auto result = hearth(std::move(arguments));
    EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
    auto parsed = json::parse(result.out, nullptr, false);
    const auto path = test::source_dir() / "data/schemas/probe.schema.json";
    const auto schema = SchemaCheck::compile("probe", read_file(path, 1U << 20U).value());
    const auto valid = schema->check(parsed);
    EXPECT_TRUE(valid.has_value()) << to_string(valid.error());
    return parsed;
  }
  [[nodiscard]] static bool skipped(const json& document, const std::string& what) {
    for (const auto& skip : document["skipped"])
      if (skip["what"] == what) return true;
    return false;
  }

  TemporaryFolder home_;
  std::vector<std::string> environment_;
};

TEST_F(LiveProbe, measures_within_its_time_and_says_what_it_remembers) {
  const auto begin = std::chrono::steady_clock::now();
  const json first = document({});
  // 8 s are the probe's own; starting a program on a busy machine takes some more.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(14));
  EXPECT_GT(first["cpu"]["threads"]["value"], 0);
  EXPECT_GT(first["memory"]["total_bytes"]["value"], 0);
  const bool read = first["memory"].contains("read_bandwidth_GBps");
  ASSERT_TRUE(read || skipped(first, "memory read bandwidth"));
  if (!read) GTEST_SKIP() << "memory is too short here to measure it";
  const auto& bandwidth = first["memory"]["read_bandwidth_GBps"];
  EXPECT_EQ(bandwidth["provenance"], "measured");
  EXPECT_TRUE(bandwidth.contains("spread"));
  const json second = document({"--quick"});
  if (skipped(first, "undisturbed measurement"))
    EXPECT_FALSE(second["memory"].contains("read_bandwidth_GBps"));
  else
    EXPECT_EQ(second["memory"]["read_bandwidth_GBps"], bandwidth);
}

TEST_F(LiveProbe, quick_measures_nothing_and_says_so) {
  const json quick = document({"--quick"});
  EXPECT_FALSE(quick["memory"].contains("read_bandwidth_GBps"));
  EXPECT_TRUE(skipped(quick, "measurements"));
}

// The GPU whose name is `name`; null when there is none.
json gpu_named(const json& document, const std::string& name) {
  for (const auto& gpu : document["gpus"])
    if (gpu.contains("name") && gpu["name"]["value"] == name) return gpu;
  return nullptr;
}

TEST_F(LiveProbe, asks_the_vendors_libraries_and_counts_no_gpu_twice) {
  environment_ = {std::string("LD_LIBRARY_PATH=") + test::build_dir().string() + "/tests/fake_gpu"};
  const json document = this->document({"--quick"});
  const json h200 = gpu_named(document, "NVIDIA H200");
  ASSERT_FALSE(h200.is_null()) << document["gpus"];
  EXPECT_EQ(h200["memory_bytes"]["value"], 150754820096);
  EXPECT_EQ(h200["free_bytes"]["value"], 150000000000);
  EXPECT_EQ(h200["compute_capability"]["value"], "9.0");
  EXPECT_EQ(h200["driver"]["value"], "nvidia 570.86.15");
  EXPECT_NEAR(h200["bandwidth_GBps"]["value"].get<double>(), 4916.7, 0.1);
  EXPECT_EQ(h200["bandwidth_GBps"]["provenance"], "os");
  EXPECT_EQ(h200["backends"].back(), "vulkan");
  const json arc = gpu_named(document, "Intel(R) Arc(TM) A770 Graphics");
  ASSERT_FALSE(arc.is_null()) << document["gpus"];
  EXPECT_EQ(arc["memory_bytes"]["value"], 16225243136);
  EXPECT_FALSE(arc["unified"]);
  const json radeon = gpu_named(document, "AMD Radeon RX 7900 XTX");
  ASSERT_FALSE(radeon.is_null()) << document["gpus"];
  EXPECT_EQ(radeon["memory_bytes"]["value"], 25753026560);
  EXPECT_EQ(radeon["bandwidth_GBps"]["provenance"], "catalogue");
  EXPECT_TRUE(gpu_named(document, "llvmpipe").is_null());
  bool power = false;
  for (const auto& sensor : document["sensors"])
    power |= sensor["name"] == "gpu 0000:8d:00.0" && sensor["kind"] == "power" && sensor["value"]["value"] == 76.543;
  EXPECT_TRUE(power) << document["sensors"];
}

TEST_F(LiveProbe, prints_a_table_for_people) {
  const RecordedMachine machine("raspberry-pi-5-8gb");
  const auto result = hearth({"--sysroot", machine.root().string()});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Raspberry Pi 5 8 GB\n"));
  EXPECT_THAT(result.out, HasSubstr("4 x Cortex-A76, up to 2.4 GHz"));
  EXPECT_THAT(result.out, HasSubstr("17.1 GB/s"));
  EXPECT_THAT(result.out, HasSubstr("catalogue"));
}

TEST_F(LiveProbe, answers_an_empty_tree_with_an_error_and_its_status) {
  const TemporaryFolder empty;
  const auto result = hearth({"--sysroot", empty.path().string(), "--json"});
  EXPECT_EQ(result.exit_status, 5);
  const auto error = json::parse(result.out, nullptr, false);
  EXPECT_EQ(error["error"]["code"], "invalid_data");
}

}  // namespace
}  // namespace hearth::test
