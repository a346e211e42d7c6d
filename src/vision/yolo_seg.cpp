#include "vision/yolo_seg.h"

namespace hearth {

std::optional<Prototypes> find_prototypes(const GraphFacts& facts) {
  if (facts.outputs().size() != 2) return std::nullopt;
  for (std::size_t i = 0; i < 2; ++i) {
    const Shape& shape = facts.outputs()[i].spec.shape;
    if (shape.rank() != 4 || facts.outputs()[1 - i].spec.shape.rank() != 3) continue;
    const auto is_count = [](std::int64_t n) { return n == 32 || n == 64; };
    // The maps are as wide as they are high, or nearly so; the number of prototypes stands apart.
    if (is_count(shape[1]) && shape[2] != shape[1]) return Prototypes{i, static_cast<std::size_t>(shape[1]), false};
    if (is_count(shape[3]) && shape[2] != shape[3]) return Prototypes{i, static_cast<std::size_t>(shape[3]), true};
  }
  return std::nullopt;
}

}  // namespace hearth
