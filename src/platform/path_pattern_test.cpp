#include "platform/path_pattern.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace hearth {
namespace {

TEST(PathPattern, matches_are_sorted_and_none_is_no_error) {
  const auto folder = std::filesystem::path(testing::TempDir()) / ("hearth-pattern-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  for (const char* name : {"b.jpg", "a.jpg", "c.png"}) std::ofstream(folder / name) << "x";
  const auto found = matching_paths((folder / "*.jpg").string());
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, (std::vector<std::string>{(folder / "a.jpg").string(), (folder / "b.jpg").string()}));
  const auto none = matching_paths((folder / "*.bmp").string());
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace hearth
