#include "platform/system_tree.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(ParseCpuList, reads_ranges_and_single_numbers) {
  EXPECT_EQ(parse_cpu_list("0-3,8"), (std::vector<int>{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list(""), std::vector<int>());
  EXPECT_EQ(parse_cpu_list("3-1,x,-2,5"), std::vector<int>{5});
  EXPECT_LE(parse_cpu_list("0-2147483647").size(), 65536U);
}

TEST(LeadingInteger, reads_decimal_and_hexadecimal) {
  EXPECT_EQ(leading_integer(" 42 kB"), 42);
  EXPECT_EQ(leading_integer("0x1f"), 31);
  EXPECT_EQ(leading_integer("-5"), -5);
  EXPECT_EQ(leading_integer("max"), std::nullopt);
  EXPECT_EQ(leading_integer("99999999999999999999"), std::nullopt);
}

TEST(ValueOf, finds_the_key_at_the_start_of_a_line) {
  EXPECT_EQ(value_of("A: 1\nMemTotal:   8 kB\n", "MemTotal"), "8 kB");
  EXPECT_EQ(value_of("PRETTY_NAME=\"x\"", "PRETTY_NAME"), "\"x\"");
  EXPECT_EQ(value_of("MemTotalX: 8", "MemTotal"), "");
}

TEST(SystemTree, reads_this_machine) {
  const SystemTree tree;
  EXPECT_TRUE(tree.live());
  EXPECT_FALSE(tree.text("proc/no/such/file").has_value());
  EXPECT_TRUE(tree.names("no/such/folder").empty());
}

}  // namespace
}  // namespace hearth
