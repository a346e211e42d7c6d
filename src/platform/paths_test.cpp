#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/paths.h"

namespace hearth {
namespace {

TEST(PathsTest, hearth_home_wins_and_becomes_absolute) {
  EXPECT_EQ(*hearth_home_folder({.hearth_home = "/data/h", .home = "/home/u", .xdg_data_home = "/x"}), "/data/h");
  const auto relative = hearth_home_folder({.hearth_home = "h/../k", .home = "", .xdg_data_home = ""});
  EXPECT_EQ(*relative, std::filesystem::current_path() / "k");
}

TEST(PathsTest, default_lies_in_the_platforms_data_folder) {
  const auto folder = hearth_home_folder({.hearth_home = "", .home = "/home/u", .xdg_data_home = ""});
  ASSERT_TRUE(folder);
#ifdef __APPLE__
  EXPECT_EQ(*folder, "/home/u/Library/Application Support/hearth");
#else
  EXPECT_EQ(*folder, "/home/u/.local/share/hearth");
  EXPECT_EQ(*hearth_home_folder({.hearth_home = "", .home = "/home/u", .xdg_data_home = "/x"}), "/x/hearth");
  EXPECT_EQ(*hearth_home_folder({.hearth_home = "", .home = "/home/u", .xdg_data_home = "rel"}),
            "/home/u/.local/share/hearth");
#endif
}

TEST(PathsTest, no_usable_variable_is_an_error_that_names_them) {
  const auto folder = hearth_home_folder({.hearth_home = "", .home = "here", .xdg_data_home = ""});
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(folder.error().message, ::testing::HasSubstr("HOME"));
}

}  // namespace
}  // namespace hearth
