#include "vision/geometry.h"

namespace hearth {

float iou(const Box& a, const Box& b) {
  const float width = std::min(a.x1, b.x1) - std::max(a.x0, b.x0);
  const float height = std::min(a.y1, b.y1) - std::max(a.y0, b.y0);
  if (width <= 0 || height <= 0) return 0;
  const float shared = width * height;
  return shared / (a.area() + b.area() - shared);
}

Box Geometry::to_source(const Box& box) const {
  const auto width = static_cast<float>(source_width);
  const auto height = static_cast<float>(source_height);
  return {
      std::clamp((box.x0 - offset_x) / scale_x, 0.0F, width), std::clamp((box.y0 - offset_y) / scale_y, 0.0F, height),
      std::clamp((box.x1 - offset_x) / scale_x, 0.0F, width), std::clamp((box.y1 - offset_y) / scale_y, 0.0F, height)};
}

Box Geometry::to_input(const Box& box) const {
  return {box.x0 * scale_x + offset_x, box.y0 * scale_y + offset_y, box.x1 * scale_x + offset_x,
          box.y1 * scale_y + offset_y};
}

}  // namespace hearth
