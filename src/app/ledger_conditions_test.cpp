#include "app/ledger_conditions.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

namespace hearth {
namespace {

namespace fs = std::filesystem;

class LedgerConditionsTest : public ::testing::Test {
 protected:
  LedgerConditionsTest()
      : root_(fs::temp_directory_path() / ("hearth-tree-" + std::to_string(std::random_device{}()))) {
    write("proc/loadavg", "0.50 0.40 0.30 1/100 42\n");
    write("proc/self/stat", process(100, 20));
    write("proc/stat", "cpu  1000 0 200 5000 10 0 5 0 0 0\ncpu0 1000 0 200 5000 10 0 5 0 0 0\n");
  }
  ~LedgerConditionsTest() override { fs::remove_all(root_); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  // A line of /proc/[pid]/stat of a program whose name holds what would mislead a careless reader.
  static std::string process(int user, int system) {
    return "7 (a) 1 2) R 1 2 3 4 -1 5 6 7 8 9 " + std::to_string(user) + " " + std::to_string(system) + " 0 0 20\n";
  }
  fs::path root_;
};

TEST_F(LedgerConditionsTest, what_we_took_ourselves_disturbs_nothing) {
  ConditionsWatch watch{SystemTree(root_)};
  watch.start({});
  write("proc/stat", "cpu  1190 0 210 5010 10 0 5 0 0 0\n");  // 200 busy, 10 idle
  write("proc/self/stat", process(285, 30));                  // 195 of them ours
  write("proc/loadavg", "0.90 0.40 0.30 1/100 42\n");
  const auto seen = watch.stop({});
  EXPECT_FALSE(seen.disturbed) << seen.disturbance;
  EXPECT_NEAR(*seen.conditions.other_cpu_share, 5.0 / 210, 1e-9);
  EXPECT_EQ(seen.conditions.load, 0.5);
  EXPECT_EQ(seen.conditions.load_after, 0.9);
}

TEST_F(LedgerConditionsTest, other_programs_and_the_hypervisor_disturb) {
  ConditionsWatch watch{SystemTree(root_)};
  watch.start({});
  write("proc/stat", "cpu  1100 0 200 5000 10 0 5 30 0 0\n");  // 100 ours, 30 stolen
  write("proc/self/stat", process(200, 20));
  const auto seen = watch.stop({});
  EXPECT_TRUE(seen.disturbed);
  EXPECT_NE(seen.disturbance.find("23 %"), std::string::npos) << seen.disturbance;
}

TEST_F(LedgerConditionsTest, a_worker_that_began_meanwhile_is_ours) {
  ConditionsWatch watch{SystemTree(root_)};
  watch.start({});
  write("proc/stat", "cpu  1100 0 200 5000 10 0 5 0 0 0\n");
  write("proc/4711/stat", process(90, 10));
  EXPECT_FALSE(watch.stop({4711}).disturbed);
  EXPECT_TRUE(watch.stop({}).disturbed);
}

TEST_F(LedgerConditionsTest, too_short_or_unreadable_is_unknown_and_not_disturbed) {
  ConditionsWatch watch{SystemTree(root_)};
  watch.start({});
  write("proc/stat", "cpu  1010 0 200 5000 10 0 5 0 0 0\n");
  EXPECT_FALSE(watch.stop({}).conditions.other_cpu_share);
  ConditionsWatch blind{SystemTree(root_ / "nothing")};
  blind.start({1});
  const auto seen = blind.stop({1});
  EXPECT_FALSE(seen.disturbed);
  EXPECT_EQ(seen.conditions, LedgerConditions());
}

TEST_F(LedgerConditionsTest, throttling_disturbs_and_temperature_is_recorded) {
  write("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
  write("sys/class/thermal/thermal_zone0/temp", "71000\n");
  write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n");
  write("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count", "1\n");
  ConditionsWatch watch{SystemTree(root_)};
  watch.start({});
  write("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "5\n");
  const auto seen = watch.stop({});
  EXPECT_EQ(seen.conditions.temperature_c, 71);
  EXPECT_TRUE(seen.disturbed);
  EXPECT_NE(seen.disturbance.find("throttled"), std::string::npos);
}

}  // namespace
}  // namespace hearth
