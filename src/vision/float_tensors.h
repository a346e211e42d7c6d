// Outputs of whatever element type as floats.
#pragma once

#include <string_view>
#include <vector>

#include "vision/head.h"

namespace hearth {

// Item `item` of `tensor` (all of it where the head is not batched) as floats: in place where it holds f32, else
// dequantised into `memory`, which is kept. kInvalidData: not dense, not in host memory, no elements, no such item, or
// a type that no head has.
[[nodiscard]] Result<FloatTensor> floats_of(const TensorView& tensor, const VisionPort& port, std::size_t item,
                                            bool is_batched, std::vector<float>& memory);

}  // namespace hearth
