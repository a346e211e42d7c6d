// The profile as a document and back, and what probing answers to trees that are no machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "catalog/schema_check.h"
#include "documents/profile_json.h"
#include "platform/file.h"
#include "probe/memory_reader.h"
#include "probe/recorded_machine.h"
#include "support/paths.h"

namespace hearth::test {
namespace {

using ::testing::HasSubstr;

const SchemaCheck& probe_schema() {
  static const SchemaCheck schema = [] {
    const auto path = test::source_dir() / "data/schemas/probe.schema.json";
    return std::move(SchemaCheck::compile("probe", read_file(path, 1U << 20U).value())).value();
  }();
  return schema;
}

// Also a profile in which nothing is left out.
HardwareProfile full_profile() {
  HardwareProfile p = std::move(RecordedMachine("dual-xeon-8480").probe()).value();
  p.virtualisation = "docker";
  p.memory.read_bandwidth_GBps = {412.25, Provenance::kMeasured, 0.0125};
  p.memory.read_bandwidth_one_thread_GBps = {11.5, Provenance::kMeasured, 0.1};
  p.cpu.f32_tflops = {7.123456789012345, Provenance::kMeasured, 0.03};
  p.cpu.bf16_tflops = {1.0 / 3, Provenance::kMeasured, 0.0};
  p.cpu.int8_tops = {20, Provenance::kMeasured};
  p.cpu.cores->provenance = Provenance::kCatalogue;
  p.storage[0].sequential_read_GBps = {6.5, Provenance::kMeasured, 0.01};
  p.storage[0].random_read_4k_iops = {15000, Provenance::kMeasured, 0.02};
  p.storage[0].free_bytes = {1, Provenance::kSystem};
  p.limits = {"cgroup v2", Fact<double>{0.5}, Fact<std::uint64_t>{1}, Fact<std::uint64_t>{1ULL << 62U}};
  p.power = {
      true, Fact<bool>{false}, Fact<double>{50}, Fact<double>{1}, Fact<double>{2}, Fact<double>{3}, Fact<double>{4},
      "15W"};
  p.thermal = {"passive", 80, "no fan"};
  ProfileAccelerator gpu;
  gpu.kind = "gpu";
  gpu.id = "gpu0";
  gpu.vendor = "nvidia";
  gpu.name = Fact<std::string>{"A \"quoted\" name"};
  gpu.driver = Fact<std::string>{"nvidia 1"};
  gpu.compute_capability = Fact<std::string>{"9.0", Provenance::kAssumed};
  gpu.memory_bytes = gpu.free_bytes = gpu.max_working_set_bytes = Fact<std::uint64_t>{24ULL << 30U};
  gpu.bandwidth_GBps = Fact<double>{1008, Provenance::kCatalogue};
  gpu.compute = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  gpu.backends = {"cuda"};
  ProfileAccelerator npu;
  npu.kind = "npu";
  npu.id = "npu0";
  npu.unified = true;
  p.accelerators = {npu, gpu};
  return p;
}

TEST(ProfileDocument, keeps_every_field_of_every_machine) {
  std::vector<HardwareProfile> profiles = {full_profile(), HardwareProfile()};
  for (const auto& name : recorded_machines()) profiles.push_back(std::move(RecordedMachine(name).probe()).value());
  for (const auto& profile : profiles) {
    const std::string text = write_profile(profile);
    auto read = read_profile(text);
    ASSERT_TRUE(read.has_value()) << profile.name << ": " << to_string(read.error());
    EXPECT_EQ(write_profile(*read), text) << profile.name;
    const auto valid = probe_schema().check(nlohmann::json::parse(text));
    EXPECT_TRUE(valid.has_value()) << profile.name << ": " << to_string(valid.error());
  }
}

TEST(ProfileDocument, carries_values_units_and_spread) {
  const auto document = profile_to_json(full_profile());
  EXPECT_EQ(document["memory"]["read_bandwidth_GBps"].dump(),
            R"({"value":412.25,"unit":"GB/s","provenance":"measured","spread":0.0125})");
  EXPECT_EQ(document["cpu"]["isa"][1], "avx");
  EXPECT_EQ(document["cpu"]["kinds"][0]["count"]["provenance"], "catalogue");
  EXPECT_EQ(document["gpus"].size(), 1U);
  EXPECT_EQ(document["gpus"][0]["compute"]["fp4_sparse_tflops"]["value"], 9);
  EXPECT_EQ(document["npus"][0]["id"], "npu0");
}

TEST(ProfileDocument, names_the_field_that_is_wrong) {
  const auto answer = [](const std::string& text) {
    const auto read = read_profile(text);
    return read ? std::string("accepted") : read.error().message;
  };
  EXPECT_EQ(answer("{"), "the profile is not a JSON document");
  EXPECT_EQ(answer("[]"), "the profile's document is not an object");
  EXPECT_EQ(answer(R"({"cpu":{}})"), "the profile's memory is missing");
  EXPECT_EQ(answer(R"({"cpu":{"cores":4},"memory":{}})"), "the profile's cpu.cores is not an object with a value");
  EXPECT_EQ(answer(R"({"cpu":{"cores":{"value":-1}},"memory":{}})"),
            "the profile's cpu.cores.value is not a whole number from 0 to 10^9");
  EXPECT_EQ(answer(R"({"cpu":{},"memory":{"total_bytes":{"value":"8 GB"}}})"),
            "the profile's memory.total_bytes.value is not a whole number from 0");
  EXPECT_EQ(answer(R"({"cpu":{},"memory":{"total_bytes":{"value":8,"provenance":"guessed"}}})"),
            "the profile's memory.total_bytes.provenance is none of measured, os, catalogue, assumed");
  EXPECT_EQ(answer(R"({"cpu":{},"memory":{},"gpus":[{"name":{"value":7}}]})"),
            "the profile's gpus[0].name.value is not text");
  EXPECT_EQ(answer(R"({"cpu":{},"memory":{},"memmory":{}})"), "the profile's memmory is no field of one");
  EXPECT_EQ(answer(R"({"cpu":{},"memory":{},"storage":{}})"), "the profile's storage is not a list");
}

TEST(ProbeMachine, answers_an_empty_tree_with_one_sentence) {
  const TemporaryFolder folder;
  ProbeRequest request;
  request.sysroot = folder.path();
  request.home = folder.path() / "home";
  request.catalog = &device_catalog();
  const auto profile = probe_machine(request);
  ASSERT_FALSE(profile.has_value());
  EXPECT_EQ(profile.error().code, ErrorCode::kInvalidData);
  EXPECT_THAT(profile.error().message, HasSubstr("neither proc/cpuinfo"));
  EXPECT_THAT(profile.error().hint, HasSubstr("--device"));
}

TEST(ProbeMachine, refuses_what_is_no_folder_and_flags_that_contradict) {
  const TemporaryFolder folder;
  ProbeRequest request;
  request.catalog = &device_catalog();
  request.sysroot = folder.path() / "absent";
  EXPECT_EQ(probe_machine(request).error().code, ErrorCode::kNotFound);
  request.sysroot = folder.file("file", "text");
  EXPECT_EQ(probe_machine(request).error().code, ErrorCode::kInvalidData);
  request.sysroot = folder.path();
  request.fresh = true;
  EXPECT_EQ(probe_machine(request).error().code, ErrorCode::kInvalidArgument);
  request.quick = true;
  EXPECT_EQ(probe_machine(request).error().code, ErrorCode::kInvalidArgument);
}

// Cuts a text, or puts bytes of any kind into it.
std::string damaged(const std::string& content, std::mt19937& random) {
  if (content.empty()) return "\xff";
  std::string text = content;
  const auto at = random() % text.size();
  switch (random() % 5) {
    case 0: return text.substr(0, at);
    case 1: return std::string(random() % 64, static_cast<char>(random() % 256));
    case 2: return text.substr(0, at) + "-99999999999999999999999" + text.substr(at);
    case 3: return text.substr(0, at) + "0-4294967295,:\t\n = " + text.substr(at);
    default:
      for (int i = 0; i < 8; ++i) text[random() % text.size()] = static_cast<char>(random() % 256);
      return text;
  }
}

TEST(ProbeMachine, survives_trees_of_garbage) {
  for (const char* name : {"raspberry-pi-5-8gb", "jetson-orin-nano-8gb", "laptop-i7-1360p-on-battery",
                           "kvm-vm-rtx-4090", "container-cgroup-v1", "rock-5b-16gb"})
    for (unsigned seed = 0; seed < 4; ++seed) {
      std::mt19937 random(seed);
      const RecordedMachine machine(name, [&](const std::string&, const std::string& content) {
        return random() % 2 == 0 ? content : damaged(content, random);
      });
      const auto profile = machine.probe();
      if (!profile) continue;
      const std::string text = write_profile(*profile);
      auto read = read_profile(text);
      ASSERT_TRUE(read.has_value()) << name << " " << seed << ": " << to_string(read.error());
      const auto valid = probe_schema().check(nlohmann::json::parse(text));
      EXPECT_TRUE(valid.has_value()) << name << " " << seed << ": " << to_string(valid.error());
    }
}

TEST(ProbeMachine, calls_a_sensor_without_a_label_by_its_file) {
  const RecordedMachine machine("raspberry-pi-5-8gb", [](const std::string& path, const std::string& content) {
    const bool names = path.ends_with("/type") || path.ends_with("/name") || path.ends_with("_label");
    return names ? std::string() : content;
  });
  const auto profile = machine.probe();
  ASSERT_TRUE(profile.has_value());
  EXPECT_EQ(profile->sensors[0].name, "thermal_zone0");
  EXPECT_EQ(profile->sensors[1].name, "hwmon temp1");
}

TEST(MemoryReader, survives_any_table_of_firmware) {
  std::mt19937 random(7);
  for (int i = 0; i < 2000; ++i) {
    std::string table(random() % 200, '\0');
    for (char& c : table) c = static_cast<char>(random() % 3 == 0 ? random() % 256 : (random() % 2) * 17);
    EXPECT_LT(smbios_memory_type(table).size(), 64U);
  }
}

TEST(ProbeMachine, knows_what_it_read_from_a_file_as_it_was) {
  const auto profile = std::move(RecordedMachine("ryzen-7950x-rx-7900-xtx").probe()).value();
  const auto again = std::move(read_profile(write_profile(profile))).value();
  EXPECT_EQ(again.id, profile.id);
  EXPECT_EQ(again.cpu.isa, profile.cpu.isa);
  EXPECT_EQ(again.cpu.kinds, profile.cpu.kinds);
  EXPECT_EQ(again.memory.total_bytes, profile.memory.total_bytes);
  EXPECT_EQ(again.accelerators[0].memory_bytes, profile.accelerators[0].memory_bytes);
  EXPECT_EQ(again.os_reserve_bytes, profile.os_reserve_bytes);
}

}  // namespace
}  // namespace hearth::test
