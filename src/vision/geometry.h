// Boxes, and where a point of a model's input lies in the picture it was made from.
#pragma once

#include <algorithm>
#include <cstdint>

namespace hearth {

// Corners in pixels, x to the right, y downwards; x1 and y1 are exclusive edges.
struct Box {
  float x0 = 0;
  float y0 = 0;
  float x1 = 0;
  float y1 = 0;

  [[nodiscard]] float width() const { return x1 - x0; }
  [[nodiscard]] float height() const { return y1 - y0; }
  [[nodiscard]] float area() const { return std::max(0.0F, width()) * std::max(0.0F, height()); }
  bool operator==(const Box&) const = default;
};

// Intersection over union; 0 when either is empty.
[[nodiscard]] float iou(const Box& a, const Box& b);

// How a picture was laid into a model's input: input = source * scale + offset, each axis on its own.
struct Geometry {
  float scale_x = 1;
  float scale_y = 1;
  float offset_x = 0;  // pixels of the input
  float offset_y = 0;
  std::int32_t source_width = 0;  // pixels of the picture as shown
  std::int32_t source_height = 0;
  std::int32_t input_width = 0;  // pixels of the model's input
  std::int32_t input_height = 0;

  // Input to source, cut at the picture's edges.
  [[nodiscard]] Box to_source(const Box& box) const;
  [[nodiscard]] Box to_input(const Box& box) const;
};

}  // namespace hearth
