#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/units.h"
#include "platform/system_memory.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class SystemMemoryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("hearth-memory-" + std::to_string(std::random_device{}()));
    write("proc/meminfo", "MemTotal:       8388608 kB\nMemFree:  100 kB\nMemAvailable:   6291456 kB\n");
  }
  void TearDown() override { fs::remove_all(root_); }
  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  fs::path root_;
};

TEST_F(SystemMemoryTest, without_a_container_the_machine_counts) {
  const auto memory = system_memory(root_).value();
  EXPECT_EQ(memory.total_bytes, 8 * kGiB);
  EXPECT_EQ(memory.available_bytes, 6 * kGiB);
  EXPECT_FALSE(memory.limit_bytes.has_value());
}

TEST_F(SystemMemoryTest, a_v2_limit_above_the_own_group_binds_and_file_pages_can_be_given_back) {
  write("proc/self/cgroup", "0::/user/app\n");
  write("sys/fs/cgroup/user/app/memory.max", "max\n");
  write("sys/fs/cgroup/user/memory.max", std::to_string(2 * kGiB) + "\n");
  write("sys/fs/cgroup/user/memory.current", std::to_string(1536 * kMiB) + "\n");
  write("sys/fs/cgroup/user/memory.stat", "anon 1\ninactive_file " + std::to_string(kGiB) + "\n");
  const auto memory = system_memory(root_).value();
  EXPECT_EQ(memory.limit_bytes, 2 * kGiB);
  EXPECT_EQ(memory.available_bytes, 1536 * kMiB);
}

TEST_F(SystemMemoryTest, a_v1_limit_binds_and_its_no_limit_number_does_not) {
  write("proc/self/cgroup", "5:cpu,memory:/docker/x\n0::/\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", std::to_string(kGiB));
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", "0");
  EXPECT_EQ(system_memory(root_).value().available_bytes, kGiB);
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  EXPECT_EQ(system_memory(root_).value().available_bytes, 6 * kGiB);
}

TEST_F(SystemMemoryTest, a_machine_that_does_not_tell_is_unavailable) {
  write("proc/meminfo", "nonsense\n");
  EXPECT_EQ(system_memory(root_).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace hearth
