// The inner loops over pixels and scores, with the best form that this processor has.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace hearth {

// Weights are in 1/2048, blended rows in 1/128. Blended rows are readable for kRowSlack elements beyond their end.
constexpr std::int32_t kWeightBits = 11;
constexpr std::int32_t kBlendBits = 7;
constexpr std::size_t kRowSlack = 16;

// Where the pixels of one target row come from.
struct RowSampling {
  const std::int16_t* blended = nullptr;
  const std::int32_t* index = nullptr;   // element of the first neighbour's first channel, by target pixel
  const std::int16_t* weight = nullptr;  // two a target pixel
  std::size_t n_pixels = 0;
};

// A plane for each channel of the source and what its pixels are mapped to: pixel * scale + bias.
struct PlanarTarget {
  std::array<float*, 3> plane{};
  std::array<float, 3> scale{};
  std::array<float, 3> bias{};
};

// Rows of scores, `stride` floats apart; n columns count.
struct ScoreRows {
  const float* data = nullptr;
  std::size_t n_rows = 0;
  std::size_t stride = 0;
  std::size_t n_columns = 0;
};

struct PixelKernels {
  const char* name;
  // out[i] = (a[i] * weight_a + b[i] * weight_b) / 16, rounded; n bytes are read.
  void (*blend_rows)(const std::uint8_t* a, const std::uint8_t* b, std::size_t n, std::array<std::int16_t, 2> weights,
                     std::int16_t* out);
  // Three channels to float planes.
  void (*sample_planar)(const RowSampling& row, const PlanarTarget& out);
  // Three channels to interleaved bytes.
  void (*sample_bytes)(const RowSampling& row, std::uint8_t* out);
  // The best of all rows in each column. Whether a NaN is among them.
  bool (*best_of_columns)(const ScoreRows& scores, float* best, std::int32_t* best_row);
  // The greatest of n >= 1 values, and whether a NaN is among them.
  struct Greatest {
    float value;
    bool has_nan;
  };
  Greatest (*greatest)(const float* values, std::size_t n);
};

// Plain C++, the same numbers on every machine.
[[nodiscard]] const PixelKernels& portable_pixel_kernels();
// The best form for this processor; looked up once, constant then. Thread-safe.
[[nodiscard]] const PixelKernels& pixel_kernels();

}  // namespace hearth
