// Products of quantised weights with some rows of activations, for x86-64 with AVX-512 VNNI.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth::llama {

// How the 16 weight rows of a panel lie in memory.
enum class WeightLayout {
  kQ4InEights,   // ggml's block_q4_0x8: eight rows interleaved by eight bytes, nibbles with their sign bit flipped
  kQ4KInEights,  // ggml's block_q4_Kx8: the same for blocks of 256 with scales and minima of their own for each 32
  kQ8Rows,       // ggml's block_q8_0, row after row
  kQ5Rows,       // ggml's block_q5_0, row after row
  kQ6KRows,      // ggml's block_q6_K, row after row
};

// 32 activations of one row, for weights in blocks of 32.
struct ActivationBlock {
  std::int8_t values[32];
  std::int32_t correction;  // what the weights' offset adds to a product, negated
  float scale;              // as ggml rounds it
};

// 256 activations of one row, for weights in blocks of as many.
struct alignas(64) ActivationSuper {
  std::int8_t values[256];
  std::int16_t sums[16];      // of 16 values each
  std::int16_t pair_sums[8];  // of 32 values each
  float scale;
};

struct MatrixProduct {
  WeightLayout layout = WeightLayout::kQ4InEights;
  const std::byte* weights = nullptr;
  std::size_t row_bytes = 0;               // of one weight row
  std::int64_t depth = 0;                  // values of a row; a multiple of block_values()
  std::int64_t n_rows = 0;                 // of activations
  const std::byte* activations = nullptr;  // n_rows x activation_bytes(), as quantise_row() writes them
  float* out = nullptr;                    // row i of the activations at out + i * out_stride
  std::int64_t out_stride = 0;
};

constexpr std::int64_t kPanelRows = 16;
constexpr std::int64_t kBlockValues = 32;
constexpr std::int64_t kSuperValues = 256;  // Source: QK_K of ggml-common.h

// Weights in blocks of 256 rather than 32.
constexpr bool is_in_supers(WeightLayout layout) {
  return layout == WeightLayout::kQ4KInEights || layout == WeightLayout::kQ6KRows;
}
constexpr std::int64_t block_values(WeightLayout layout) { return is_in_supers(layout) ? kSuperValues : kBlockValues; }

// Bytes of `depth` quantised activations: ActivationSupers or ActivationBlocks.
constexpr std::size_t activation_bytes(WeightLayout layout, std::int64_t depth) {
  return static_cast<std::size_t>(depth / block_values(layout)) *
         (is_in_supers(layout) ? sizeof(ActivationSuper) : sizeof(ActivationBlock));
}

// Whether this processor has what the functions below are compiled for.
bool has_matrix_kernels();

// As ggml's quantize_row_q8_0, or its quantize_mat_q8_K where weights come in blocks of 256: the same numbers. `out`
// has room for activation_bytes() and is 64-byte aligned for the latter.
void quantise_row(const float* row, std::int64_t depth, WeightLayout layout, std::byte* out);

// The products with the weight rows [first, last) of all activations; both are multiples of kPanelRows.
void multiply_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last);

}  // namespace hearth::llama
