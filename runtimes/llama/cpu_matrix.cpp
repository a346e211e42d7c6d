#include "cpu_matrix.h"

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "cpu_matrix_panels.h"
#include "cpu_matrix_supers.h"
#include "cpu_matrix_tiles.h"

namespace hearth::llama {
namespace {

// Unpacked at once, to be used by all tiles of a group: most of the first-level cache.
constexpr std::int64_t kUnpackedBlocks = 32;

// Weights in blocks of 32 are made unsigned by adding this, which the correction takes back.
constexpr std::int32_t offset_of(WeightLayout layout) {
  switch (layout) {
    case WeightLayout::kQ4InEights: return 8;
    case WeightLayout::kQ5Rows: return 16;
    case WeightLayout::kQ8Rows:
    case WeightLayout::kQ4KInEights:
    case WeightLayout::kQ6KRows: break;
  }
  return 128;
}

const ActivationBlock* activations_of(const MatrixProduct& product, std::int64_t row) {
  return reinterpret_cast<const ActivationBlock*>(product.activations) + row * (product.depth / kBlockValues);
}

// `Rows` activation rows from `row` on with one panel of eights.
template <class Panel, int Rows>
void tile(const MatrixProduct& product, std::int64_t first, std::int64_t row) {
  const std::int64_t n_blocks = product.depth / kBlockValues;
  const ActivationBlock* x = activations_of(product, row);
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
  const ActivationBlock* x = activations_of(product, row);
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
  in_groups(product, first, last, panel_rows<Panel>);
}

float largest_of(const float* values, std::int64_t n) {
  __m512 most = _mm512_setzero_ps();
  for (std::int64_t i = 0; i < n; i += 16) most = _mm512_max_ps(most, _mm512_abs_ps(_mm512_loadu_ps(values + i)));
  return _mm512_reduce_max_ps(most);
}

// Whether one of 256 values is this: ggml turns the signs then, so that it becomes -127.
bool reaches(const float* values, float most) {
  __mmask16 found = 0;
  for (std::int64_t i = 0; i < kSuperValues; i += 16)
    found |= _mm512_cmp_ps_mask(_mm512_loadu_ps(values + i), _mm512_set1_ps(most), _CMP_EQ_OQ);
  return found != 0;
}

void quantise_sixteen(const float* values, __m512 inverse, std::int8_t* out) {
  const __m512i whole = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(values), inverse));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm512_cvtsepi32_epi8(whole));
}

void quantise_block(const float* values, std::int32_t offset, ActivationBlock& out) {
  const float most = largest_of(values, kBlockValues);
  const __m512 inverse = _mm512_set1_ps(most != 0.0F ? 127.0F / most : 0.0F);
  quantise_sixteen(values, inverse, out.values);
  quantise_sixteen(values + 16, inverse, out.values + 16);
  const __m256i fours = _mm256_dpbusd_epi32(_mm256_setzero_si256(), _mm256_set1_epi8(1),
                                            _mm256_loadu_si256(reinterpret_cast<const __m256i*>(out.values)));
  out.correction = -offset * _mm512_reduce_add_epi32(_mm512_zextsi256_si512(fours));
  out.scale = _cvtsh_ss(_cvtss_sh(most / 127.0F, _MM_FROUND_TO_NEAREST_INT));
}

void quantise_super(const float* values, ActivationSuper& out) {
  const float most = largest_of(values, kSuperValues);
  float inverse = most != 0.0F ? 127.0F / most : 0.0F;
  if (reaches(values, most)) inverse = -inverse;
  for (std::int64_t i = 0; i < kSuperValues; i += 64) {
    for (std::int64_t j = i; j < i + 64; j += 16) quantise_sixteen(values + j, _mm512_set1_ps(inverse), out.values + j);
    const __m512i fours =
        _mm512_dpbusd_epi32(_mm512_setzero_si512(), _mm512_set1_epi8(1), _mm512_load_si512(out.values + i));
    const __m512i eights = _mm512_add_epi32(fours, _mm512_shuffle_epi32(fours, _MM_PERM_CDAB));
    const __m512i sixteens = _mm512_add_epi32(eights, _mm512_shuffle_epi32(eights, _MM_PERM_BADC));
    const __m128i sums = _mm512_castsi512_si128(_mm512_maskz_compress_epi32(0x1111, sixteens));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out.sums + i / 16), _mm_packs_epi32(sums, sums));
    const __m128i pairs = _mm_hadd_epi32(sums, sums);
    _mm_storeu_si32(out.pair_sums + i / 32, _mm_packs_epi32(pairs, pairs));
  }
  out.scale = most != 0.0F ? 1 / inverse : 0.0F;
}

}  // namespace

bool has_matrix_kernels() {
  return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("f16c") &&
         __builtin_cpu_supports("fma");
}

void quantise_row(const float* row, std::int64_t depth, WeightLayout layout, std::byte* out) {
  const std::int64_t together = block_values(layout);
  for (std::int64_t i = 0; i < depth / together; ++i) {
    if (is_in_supers(layout))
      quantise_super(row + i * together, reinterpret_cast<ActivationSuper*>(out)[i]);
    else
      quantise_block(row + i * together, offset_of(layout), reinterpret_cast<ActivationBlock*>(out)[i]);
  }
}

void multiply_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last) {
  switch (product.layout) {
    case WeightLayout::kQ4InEights: return all_panels<Q4Panel>(product, first, last);
    case WeightLayout::kQ4KInEights: return multiply_q4_k_panels(product, first, last);
    case WeightLayout::kQ8Rows: return all_panels<RowPanel<Q8Block>>(product, first, last);
    case WeightLayout::kQ6KRows: return multiply_q6_k_panels(product, first, last);
    case WeightLayout::kQ5Rows: return all_panels<RowPanel<Q5Block>>(product, first, last);
  }
}

}  // namespace hearth::llama

#else

namespace hearth::llama {

bool has_matrix_kernels() { return false; }
void quantise_row(const float*, std::int64_t, WeightLayout, std::byte*) {}
void multiply_panels(const MatrixProduct&, std::int64_t, std::int64_t) {}

}  // namespace hearth::llama

#endif
