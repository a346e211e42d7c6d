// Which pixels of a picture belong to an object: a bitmap within its box, run lengths, and outlines.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vision/geometry.h"

namespace hearth {

// One byte a pixel, 0 or 1, for the pixels x0 <= x < x0+width, y0 <= y < y0+height of the picture.
struct Mask {
  std::int32_t x0 = 0;
  std::int32_t y0 = 0;
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::vector<std::uint8_t> bits;  // rows from the top; at least width * height, memory is kept

  [[nodiscard]] bool at(std::int32_t x, std::int32_t y) const {
    return x >= x0 && y >= y0 && x < x0 + width && y < y0 + height &&
           bits[static_cast<std::size_t>(y - y0) * static_cast<std::size_t>(width) +
                static_cast<std::size_t>(x - x0)] != 0;
  }
  [[nodiscard]] std::uint64_t area() const;  // pixels
};

// Run lengths over the whole picture, column by column, zeros first, as COCO stores masks.
// Source: COCO API, uncompressed RLE {"size": [height, width], "counts": [...]}.
struct RunLengths {
  std::int32_t height = 0;
  std::int32_t width = 0;
  std::vector<std::uint32_t> counts;
};
[[nodiscard]] RunLengths run_lengths(const Mask& mask, std::int32_t picture_width, std::int32_t picture_height);
// COCO's compressed text of the counts: differences to the count before the last, six bits a character.
[[nodiscard]] std::string compressed_run_lengths(const RunLengths& runs);

struct Point {
  float x = 0;
  float y = 0;
};
// Outer outlines in picture pixels, one a connected part (8-neighbours), simplified to `tolerance_px`
// (Douglas-Peucker). Parts of fewer than 3 corners are left out.
[[nodiscard]] std::vector<std::vector<Point>> outlines(const Mask& mask, float tolerance_px = 1.0F);

}  // namespace hearth
