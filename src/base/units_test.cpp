#include "base/units.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/nearest_name.h"

namespace hearth {
namespace {

TEST(Units, bytes_are_shown_in_binary_units) {
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(3 * kMiB), "3.0 MiB");
  EXPECT_EQ(format_bytes(kGiB + kGiB / 2), "1.50 GiB");
}

TEST(Units, products_and_sums_past_64_bits_are_noticed) {
  constexpr auto kMax = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t out = 0;
  EXPECT_TRUE(checked_mul(kMax / 2, 2, out));
  EXPECT_FALSE(checked_mul(kMax / 2 + 1, 2, out));
  EXPECT_TRUE(checked_mul(0, kMax, out));
  EXPECT_EQ(out, 0U);
  EXPECT_TRUE(checked_add(kMax - 1, 1, out));
  EXPECT_FALSE(checked_add(kMax, 1, out));
}

TEST(NearestName, suggests_what_was_probably_meant_and_nothing_else) {
  const std::vector<std::string> known = {"starter", "qwen3-4b", "whisper-base"};
  EXPECT_EQ(nearest_name("startre", known), "starter");
  EXPECT_EQ(nearest_name("QWEN3-4b", known), "qwen3-4b");
  EXPECT_EQ(nearest_name("zebra", known), std::nullopt);
  EXPECT_EQ(nearest_name("", known), std::nullopt);
}

}  // namespace
}  // namespace hearth
