#include "vision/pixel_kernels.h"

#include <limits>

#include "vision/pixel_kernels_avx2.h"

namespace hearth {
namespace {

constexpr std::int32_t kShift = kWeightBits + kBlendBits;
constexpr std::int32_t kHalf = 1 << (kShift - 1);

std::int32_t sample(const RowSampling& row, std::size_t i, std::size_t channel) {
  const std::int16_t* at = row.blended + row.index[i] + channel;
  return (at[0] * row.weight[2 * i] + at[3] * row.weight[2 * i + 1] + kHalf) >> kShift;
}

void blend_rows(const std::uint8_t* a, const std::uint8_t* b, std::size_t n, std::array<std::int16_t, 2> weights,
                std::int16_t* out) {
  const std::int32_t weight_a = weights[0];
  const std::int32_t weight_b = weights[1];
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::int16_t>((a[i] * weight_a + b[i] * weight_b + 8) >> 4);
}

void sample_planar(const RowSampling& row, const PlanarTarget& out) {
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t i = 0; i < row.n_pixels; ++i) {
      out.plane[c][i] = static_cast<float>(sample(row, i, c)) * out.scale[c] + out.bias[c];
    }
  }
}

void sample_bytes(const RowSampling& row, std::uint8_t* out) {
  for (std::size_t i = 0; i < row.n_pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) *out++ = static_cast<std::uint8_t>(sample(row, i, c));
  }
}

bool best_of_columns(const ScoreRows& scores, float* best, std::int32_t* best_row) {
  const std::size_t n = scores.n_columns;
  std::uint32_t unordered = 0;
  for (std::size_t i = 0; i < n; ++i) {
    best[i] = -std::numeric_limits<float>::infinity();
    best_row[i] = 0;
  }
  for (std::size_t r = 0; r < scores.n_rows; ++r) {
    const float* row = scores.data + r * scores.stride;
    for (std::size_t i = 0; i < n; ++i) {
      unordered |= row[i] != row[i] ? 1U : 0U;
      const bool better = row[i] > best[i];
      best[i] = better ? row[i] : best[i];
      best_row[i] = better ? static_cast<std::int32_t>(r) : best_row[i];
    }
  }
  return unordered != 0;
}

PixelKernels::Greatest greatest(const float* values, std::size_t n) {
  float most = values[0];
  bool has_nan = false;
  for (std::size_t i = 0; i < n; ++i) {
    has_nan = has_nan || values[i] != values[i];
    most = values[i] > most ? values[i] : most;
  }
  return {most, has_nan};
}

}  // namespace

const PixelKernels& portable_pixel_kernels() {
  static constexpr PixelKernels kKernels{"portable",   blend_rows,      sample_planar,
                                         sample_bytes, best_of_columns, greatest};
  return kKernels;
}

const PixelKernels& pixel_kernels() {
  static const PixelKernels& kBest = avx2_pixel_kernels() != nullptr ? *avx2_pixel_kernels() : portable_pixel_kernels();
  return kBest;
}

}  // namespace hearth
