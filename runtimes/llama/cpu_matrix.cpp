#include "cpu_matrix.h"

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>

#include "cpu_matrix_panels.h"

namespace hearth::llama {
namespace {

// So many activation rows share an unpacked block of weights: their sums and the weights fill the 32 registers.
constexpr int kTileRows = 16;
// Unpacked at once, to be used by all tiles of a group: most of the first-level cache.
constexpr std::int64_t kUnpackedBlocks = 32;
// Activations that stay in the second-level cache while all weights pass by.
constexpr std::int64_t kGroupBytes = 384 << 10;

// Weights are made unsigned by adding this, which the correction takes back.
constexpr std::int32_t offset_of(WeightLayout layout) {
  switch (layout) {
    case WeightLayout::kQ4InEights: return 8;
    case WeightLayout::kQ4KInEights: return 0;
    case WeightLayout::kQ5Rows: return 16;
    case WeightLayout::kQ6KRows: return 32;
    case WeightLayout::kQ8Rows: break;
  }
  return 128;
}

// `Rows` activation rows from `row` on with one panel of eights.
template <class Panel, int Rows>
void tile(const MatrixProduct& product, std::int64_t first, std::int64_t row) {
  const std::int64_t n_blocks = product.depth / kBlockValues;
  const ActivationBlock* x = product.activations + row * n_blocks;
  Panel panel(product, first);
  __m512 sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = _mm512_setzero_ps();
  for (std::int64_t block = 0; block < n_blocks; ++block) {
    panel.load(block);
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) sums[r] = panel.add(sums[r], x[r * n_blocks + block]);
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) {
    _mm512_storeu_ps(product.out + (row + r) * product.out_stride + first, Panel::in_order(sums[r]));
  }
}

// Blocks of 32 columns that are unpacked already.
template <class Unpacked>
struct UnpackedBlocks {
  const Unpacked* blocks;
  std::int64_t begin, end;  // which of a row's
};

// The same with unpacked blocks; later ones add to the sums of the earlier.
template <class Unpacked, int Rows>
void tile(const MatrixProduct& product, std::int64_t first, std::int64_t row, const UnpackedBlocks<Unpacked>& part) {
  const std::int64_t n_blocks = product.depth / kBlockValues;
  const ActivationBlock* x = product.activations + row * n_blocks;
  float* out = product.out + row * product.out_stride + first;
  __m512 sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r)
    sums[r] = part.begin == 0 ? _mm512_setzero_ps() : _mm512_loadu_ps(out + r * product.out_stride);
  for (std::int64_t block = part.begin; block < part.end; ++block) {
    const Unpacked weights = part.blocks[block - part.begin];
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) sums[r] = weights.add(sums[r], x[r * n_blocks + block]);
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) _mm512_storeu_ps(out + r * product.out_stride, sums[r]);
}

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

template <class Panel>
void panel_rows(const MatrixProduct& product, std::int64_t first, std::int64_t row, std::int64_t end) {
  if constexpr (requires { typename Panel::Unpacked; }) {
    using Unpacked = typename Panel::Unpacked;
    Unpacked blocks[kUnpackedBlocks];
    const std::int64_t n_blocks = product.depth / kBlockValues;
    const Panel panel(product, first);
    for (std::int64_t begin = 0; begin < n_blocks; begin += kUnpackedBlocks) {
      const std::int64_t part_end = std::min(begin + kUnpackedBlocks, n_blocks);
      for (std::int64_t block = begin; block < part_end; ++block) panel.unpack(block, blocks[block - begin]);
      in_tiles(row, end, [&](auto rows, std::int64_t at) {
        tile<Unpacked, rows()>(product, first, at, {blocks, begin, part_end});
      });
    }
  } else {
    in_tiles(row, end, [&](auto rows, std::int64_t at) { tile<Panel, rows()>(product, first, at); });
  }
}

template <class Panel>
void all_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last) {
  const std::int64_t bytes = product.depth / kBlockValues * static_cast<std::int64_t>(sizeof(ActivationBlock));
  const std::int64_t group = std::max<std::int64_t>(kTileRows, kGroupBytes / bytes / kTileRows * kTileRows);
  for (std::int64_t row = 0; row < product.n_rows; row += group) {
    const std::int64_t end = std::min(row + group, product.n_rows);
    for (std::int64_t panel = first; panel < last; panel += kPanelRows) panel_rows<Panel>(product, panel, row, end);
  }
}

// Whether one of 256 values is this: ggml turns the signs then, so that it becomes -127.
bool reaches(const float* values, float most) {
  __mmask16 found = 0;
  for (std::int64_t i = 0; i < kSuperValues; i += 16)
    found |= _mm512_cmp_ps_mask(_mm512_loadu_ps(values + i), _mm512_set1_ps(most), _CMP_EQ_OQ);
  return found != 0;
}

void quantise_block(const float* values, float inverse, float scale, std::int32_t offset, ActivationBlock& out) {
  const __m512 factor = _mm512_set1_ps(inverse);
  const __m512i i0 = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(values), factor));
  const __m512i i1 = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(values + 16), factor));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.values), _mm512_cvtsepi32_epi8(i0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.values + 16), _mm512_cvtsepi32_epi8(i1));
  const std::int32_t first = _mm512_reduce_add_epi32(i0);
  const std::int32_t sum = first + _mm512_reduce_add_epi32(i1);
  out.correction = -offset * sum;
  out.first_half = -offset * first;
  out.scale = scale;
  out.sum = static_cast<float>(sum) * scale;
}

}  // namespace

bool has_matrix_kernels() {
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("f16c") &&
         __builtin_cpu_supports("fma");
}

void quantise_row(const float* row, std::int64_t depth, WeightLayout layout, ActivationBlock* out) {
  const std::int32_t offset = offset_of(layout);
  const bool in_supers = layout == WeightLayout::kQ4KInEights || layout == WeightLayout::kQ6KRows;
  const std::int64_t together = in_supers ? kSuperValues : kBlockValues;
  for (std::int64_t at = 0; at < depth; at += together) {
    __m512 most_v = _mm512_setzero_ps();
    for (std::int64_t i = 0; i < together; i += 16)
      most_v = _mm512_max_ps(most_v, _mm512_abs_ps(_mm512_loadu_ps(row + at + i)));
    const float most = _mm512_reduce_max_ps(most_v);
    float inverse = most != 0.0F ? 127.0F / most : 0.0F;
    if (in_supers && reaches(row + at, most)) inverse = -inverse;
    const float half = _cvtsh_ss(_cvtss_sh(most / 127.0F, _MM_FROUND_TO_NEAREST_INT));
    const float scale = in_supers ? (most != 0.0F ? 1 / inverse : 0.0F) : half;
    for (std::int64_t i = 0; i < together; i += kBlockValues, ++out)
      quantise_block(row + at + i, inverse, scale, offset, *out);
  }
}

void multiply_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last) {
  switch (product.layout) {
    case WeightLayout::kQ4InEights: return all_panels<Q4Panel>(product, first, last);
    case WeightLayout::kQ4KInEights: return all_panels<Q4KPanel>(product, first, last);
    case WeightLayout::kQ8Rows: return all_panels<RowPanel<Q8Block>>(product, first, last);
    case WeightLayout::kQ6KRows: return all_panels<Q6KPanel>(product, first, last);
    case WeightLayout::kQ5Rows: return all_panels<RowPanel<Q5Block>>(product, first, last);
  }
}

}  // namespace hearth::llama

#else

namespace hearth::llama {

bool has_matrix_kernels() { return false; }
void quantise_row(const float*, std::int64_t, WeightLayout, ActivationBlock*) {}
void multiply_panels(const MatrixProduct&, std::int64_t, std::int64_t) {}

}  // namespace hearth::llama

#endif
