// Arrays as NumPy saves them: how features come from elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "hearth/result.h"

namespace hearth {

struct NpyArray {
  std::vector<std::uint64_t> shape;
  std::vector<float> values;  // row after row
};

// The array of one .npy file: little-endian float32 or float64, C order, at most 8 dimensions and `values_max` values.
// kInvalidData says what is wrong with it, kUnsupported which element type or order is not read, kDoesNotFit: more
// values. Source: NumPy's documentation, numpy.lib.format, versions 1 to 3.
[[nodiscard]] Result<NpyArray> read_npy(std::span<const std::byte> file,
                                        std::size_t values_max = std::size_t{1} << 28U);

}  // namespace hearth
