// How activation rows are taken in groups and tiles; included by cpu_matrix*.cpp alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "cpu_matrix.h"

namespace hearth::llama {

// So many activation rows share an unpacked block of weights: their sums and the weights fill the 32 registers.
constexpr int kTileRows = 16;
// Activations that stay in the second-level cache while all weights pass by.
constexpr std::int64_t kGroupBytes = 640 << 10;

// Calls `take` with the rows [row, end) in tiles of a size known when compiling.
template <class Take>
void in_tiles(std::int64_t row, std::int64_t end, Take take) {
  using std::integral_constant;
  for (; row + kTileRows <= end; row += kTileRows) take(integral_constant<int, kTileRows>(), row);
  for (; row + 8 <= end; row += 8) take(integral_constant<int, 8>(), row);
  switch (end - row) {
    case 7: return take(integral_constant<int, 7>(), row);
    case 6: return take(integral_constant<int, 6>(), row);
    case 5: return take(integral_constant<int, 5>(), row);
    case 4: return take(integral_constant<int, 4>(), row);
    case 3: return take(integral_constant<int, 3>(), row);
    case 2: return take(integral_constant<int, 2>(), row);
    case 1: return take(integral_constant<int, 1>(), row);
    default: return;
  }
}

// Calls `multiply(product, panel, row, end)` for each panel of the weight rows [first, last) with each group of
// activation rows.
template <class Multiply>
void in_groups(const MatrixProduct& product, std::int64_t first, std::int64_t last, Multiply multiply) {
  const auto bytes = static_cast<std::int64_t>(activation_bytes(product.layout, product.depth));
  const std::int64_t group = std::max<std::int64_t>(kTileRows, kGroupBytes / bytes / kTileRows * kTileRows);
  for (std::int64_t row = 0; row < product.n_rows; row += group) {
    const std::int64_t end = std::min(row + group, product.n_rows);
    for (std::int64_t panel = first; panel < last; panel += kPanelRows) multiply(product, panel, row, end);
  }
}

}  // namespace hearth::llama
