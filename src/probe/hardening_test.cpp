#include "probe/hardening.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>

namespace hearth {
namespace {

namespace fs = std::filesystem;

class HardeningTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("hearth-hardening-" + std::to_string(std::random_device{}()));
    fs::create_directories(root_ / "home");
    fs::permissions(root_ / "home", fs::perms::owner_all);
    scope_.home = root_ / "home";
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  // The verdict on one thing; "absent" where it isn't in the list.
  [[nodiscard]] std::string verdict(const std::string& id) const {
    for (const auto& each : check_hardening(SystemTree(root_), scope_)) {
      const bool wrong = each.verdict == HardeningVerdict::kAdvice || each.verdict == HardeningVerdict::kProblem;
      if (wrong) {
        EXPECT_FALSE(each.advice.empty()) << each.id;
      }
      if (each.id == id) return std::string(hardening_verdict_name(each.verdict));
    }
    return "absent";
  }
  fs::path root_;
  HardeningScope scope_;
};

TEST_F(HardeningTest, the_lowest_clock_is_a_problem_except_where_the_hardware_chooses) {
  EXPECT_EQ(verdict("cpu-governor"), "unknown");
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n");
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_driver", "cpufreq-dt\n");
  EXPECT_EQ(verdict("cpu-governor"), "problem");
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_driver", "intel_pstate\n");
  EXPECT_EQ(verdict("cpu-governor"), "good");
}

TEST_F(HardeningTest, what_does_not_apply_is_left_out) {
  for (const char* id : {"nvpmodel", "gpu-persistence", "power-counter", "thread-cap", "descriptors"})
    EXPECT_EQ(verdict(id), "absent") << id;
}

TEST_F(HardeningTest, a_jetson_in_a_small_power_mode_is_told_of_it) {
  write("etc/nvpmodel.conf", "< POWER_MODEL ID=0 NAME=MAXN >\n< POWER_MODEL ID=1 NAME=7W >\n");
  write("var/lib/nvpmodel/status", "pmode:0001\n");
  EXPECT_EQ(verdict("nvpmodel"), "advice");
  write("var/lib/nvpmodel/status", "pmode:0000\n");
  EXPECT_EQ(verdict("nvpmodel"), "good");
}

TEST_F(HardeningTest, a_machine_without_swap_is_advised_to_compress_memory) {
  write("proc/meminfo", "MemTotal: 8000000 kB\nSwapTotal: 0 kB\n");
  EXPECT_EQ(verdict("swap"), "advice");
  write("proc/meminfo", "MemTotal: 8000000 kB\nSwapTotal: 4000000 kB\n");
  EXPECT_EQ(verdict("swap"), "good");
}

TEST_F(HardeningTest, huge_pages_are_what_stands_in_brackets) {
  write("proc/meminfo", "MemTotal: 8000000 kB\n");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
  EXPECT_EQ(verdict("huge-pages"), "advice");
  write("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n");
  EXPECT_EQ(verdict("huge-pages"), "good");
}

TEST_F(HardeningTest, a_share_of_all_cores_is_told_of) {
  for (int cpu = 0; cpu < 8; ++cpu) write("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/online", "1\n");
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(verdict("thread-cap"), "advice");
  write("sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(verdict("thread-cap"), "absent");
}

TEST_F(HardeningTest, few_descriptors_are_told_of) {
  scope_.descriptor_limit = 1024;
  EXPECT_EQ(verdict("descriptors"), "advice");
  scope_.descriptor_limit = 65536;
  EXPECT_EQ(verdict("descriptors"), "good");
}

TEST_F(HardeningTest, what_is_ours_and_open_to_others_is_closed_and_nothing_else_is_touched) {
  write("home/api.keys", "secret\n");
  write("sys/devices/system/cpu/cpufreq/policy0/scaling_governor", "powersave\n");
  scope_.secrets = {root_ / "home/api.keys", root_ / "home/absent.keys"};
  fs::permissions(scope_.home, fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
  fs::permissions(root_ / "home/api.keys", fs::perms::owner_read | fs::perms::group_read);
  EXPECT_EQ(verdict("home"), "problem");
  EXPECT_EQ(verdict("secret-api.keys"), "problem");
  const auto fixed = fix_hardening(SystemTree(root_), scope_);
  EXPECT_EQ(fixed.size(), 2U);
  for (const auto& each : fixed) EXPECT_EQ(each.verdict, HardeningVerdict::kGood) << each.id;
  EXPECT_EQ(verdict("home"), "good");
  EXPECT_EQ(verdict("secret-api.keys"), "good");
  EXPECT_EQ(verdict("cpu-governor"), "problem") << "the system's settings are the user's to change";
  EXPECT_TRUE(fix_hardening(SystemTree(root_), scope_).empty());
}

TEST_F(HardeningTest, a_home_that_is_not_there_is_made) {
  scope_.home = root_ / "new" / "home";
  EXPECT_EQ(verdict("home"), "problem");
  (void)fix_hardening(SystemTree(root_), scope_);
  EXPECT_EQ(verdict("home"), "good");
}

}  // namespace
}  // namespace hearth
