#include "vision/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

using ::testing::ElementsAre;

Mask rectangle(std::int32_t x0, std::int32_t y0, std::int32_t width, std::int32_t height) {
  return {x0, y0, width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width * height), 1)};
}

TEST(Mask, run_lengths_go_down_the_columns_and_begin_with_zeros) {
  EXPECT_THAT(run_lengths(rectangle(1, 1, 2, 2), 4, 4).counts, ElementsAre(5, 2, 2, 2, 5));
  EXPECT_THAT(run_lengths(rectangle(0, 0, 4, 4), 4, 4).counts, ElementsAre(0, 16));
  EXPECT_THAT(run_lengths(Mask{}, 4, 4).counts, ElementsAre(16));
}

TEST(Mask, run_lengths_hold_every_pixel) {
  std::mt19937 random(2);
  Mask mask = rectangle(3, 2, 17, 11);
  for (auto& bit : mask.bits) bit = static_cast<std::uint8_t>(random() % 2);
  const auto runs = run_lengths(mask, 30, 20);
  std::size_t at = 0;
  bool current = false;
  for (const auto count : runs.counts) {
    for (std::uint32_t i = 0; i < count; ++i, ++at) {
      EXPECT_EQ(mask.at(static_cast<std::int32_t>(at / 20), static_cast<std::int32_t>(at % 20)), current);
    }
    current = !current;
  }
  EXPECT_EQ(at, 600U);
}

// Source: pycocotools 2.0.11, mask.encode of the same rectangle.
TEST(Mask, compressed_run_lengths_are_those_of_the_coco_tools) {
  EXPECT_EQ(compressed_run_lengths(run_lengths(rectangle(1, 1, 2, 2), 4, 4)), "52203");
}

TEST(Mask, outlines_go_round_each_part) {
  Mask mask = rectangle(10, 20, 30, 10);
  for (std::int32_t y = 0; y < 10; ++y) {
    for (std::int32_t x = 12; x < 16; ++x) mask.bits[static_cast<std::size_t>(y * 30 + x)] = 0;
  }
  const auto parts = outlines(mask);
  ASSERT_EQ(parts.size(), 2U);
  for (const auto& part : parts) {
    EXPECT_GE(part.size(), 4U);
    EXPECT_LE(part.size(), 6U);
    for (const Point& point : part)
      EXPECT_TRUE(mask.at(static_cast<std::int32_t>(point.x), static_cast<std::int32_t>(point.y)));
  }
}

TEST(Mask, specks_have_no_outline) { EXPECT_TRUE(outlines(rectangle(5, 5, 1, 1)).empty()); }

}  // namespace
}  // namespace hearth
