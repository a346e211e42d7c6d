// Products with weights in blocks of 256 columns that hold scales of their own for parts of them (Q4_K, Q6_K).
#pragma once

#include <cstddef>
#include <cstdint>

#include "cpu_matrix.h"

namespace hearth::llama {

// Source: ggml, ggml-common.h and repack.h: block_q4_Kx8 and block_q6_K.
struct Q4KEight {
  std::uint16_t scales[8];
  std::uint16_t minima[8];
  std::uint8_t parts[8][12];  // six bits of scale and of minimum for each row, by 32 columns
  std::uint8_t nibbles[1024];
};
struct Q6KBlock {
  std::uint8_t low[128];
  std::uint8_t high[64];
  std::int8_t parts[16];  // a scale for each 16 columns
  std::uint16_t scale;
};
static_assert(sizeof(Q4KEight) == 1152 && sizeof(Q6KBlock) == 210);

// multiply_panels() for these.
void multiply_q4_k_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last);
void multiply_q6_k_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last);

}  // namespace hearth::llama
