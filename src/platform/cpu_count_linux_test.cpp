#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "platform/cpu_count.h"

namespace hearth {
namespace {

TEST(CpuCount, parses_quotas_rounded_up_and_nothing_else) {
  EXPECT_EQ(parse_cpu_max("150000 100000\n"), 2U);
  EXPECT_EQ(parse_cpu_max("1000 100000\n"), 1U);
  EXPECT_EQ(parse_cpu_max("4294967295 1\n"), 4294967295U);
  for (const char* text : {"", "max 100000\n", "100000", "100000 ", "100000 0\n", "99999999999 1", "a b"})
    EXPECT_FALSE(parse_cpu_max(text)) << text;
}

TEST(CpuCount, a_quota_of_any_group_above_binds) {
  const auto root = std::filesystem::path(::testing::TempDir()) / ("hearth_cpus_" + std::to_string(::getpid()));
  const unsigned free_count = usable_cpu_count(root);
  EXPECT_GE(free_count, 1U);
  std::filesystem::create_directories(root / "proc/self");
  std::filesystem::create_directories(root / "sys/fs/cgroup/outer/inner");
  std::ofstream(root / "proc/self/cgroup") << "4:memory:/x\n0::/outer/inner\n";
  std::ofstream(root / "sys/fs/cgroup/outer/inner/cpu.max") << "max 100000\n";
  EXPECT_EQ(usable_cpu_count(root), free_count);
  std::ofstream(root / "sys/fs/cgroup/outer/cpu.max") << "50000 100000\n";
  EXPECT_EQ(usable_cpu_count(root), 1U);
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace hearth
