#include "hearth/sdk/cpu_budget.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace hearth::sdk {
namespace {

namespace fs = std::filesystem;

class CpuBudget : public testing::Test {
 protected:
  CpuBudget() { fs::create_directories(folder_ / "slice/unit"); }
  ~CpuBudget() override { fs::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  [[nodiscard]] std::uint32_t budget() const { return cpu_budget((folder_ / "groups").string(), folder_.string()); }

  const fs::path folder_ = fs::path(testing::TempDir()) / ("budget-" + std::to_string(getpid()));
  const std::uint32_t cores_ = std::max(std::thread::hardware_concurrency(), 1U);
};

TEST_F(CpuBudget, is_the_cores_without_a_quota) {
  EXPECT_EQ(budget(), cores_);
  write("groups", "0::/slice/unit\n");
  write("slice/unit/cpu.max", "max 100000\n");
  EXPECT_EQ(budget(), cores_);
}

TEST_F(CpuBudget, is_bounded_by_every_level_of_the_group_and_never_below_one) {
  write("groups", "0::/slice/unit\n");
  write("slice/cpu.max", "100000 100000\n");
  EXPECT_EQ(budget(), 1U);
  write("slice/unit/cpu.max", "1000 100000\n");
  EXPECT_EQ(budget(), 1U);
}

}  // namespace
}  // namespace hearth::sdk
