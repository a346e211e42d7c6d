#include "cpu_matrix_row.h"

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "cpu_matrix_panels.h"
#include "cpu_matrix_supers.h"

namespace hearth::llama {
namespace {

constexpr std::int64_t kPairValues = 2 * kBlockValues;

// 64 activations for weights in blocks of 32: what belongs to the first block fills the lower half of each register.
struct alignas(64) PairOfBlocks {
  std::int8_t values[64];
  std::int32_t corrections[16];  // in the first place of each half
  float scales[16];
};

// Two blocks of 32 columns of one weight row.
__m512i unpack_pair(const Q8Block& a, const Q8Block& b) {
  const __m512i values =
      _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(a.values))),
                         _mm256_loadu_si256(reinterpret_cast<const __m256i*>(b.values)), 1);
  return _mm512_xor_si512(values, _mm512_set1_epi8(static_cast<char>(0x80)));
}

__m512i unpack_pair(const Q5Block& a, const Q5Block& b) {
  const __m256i nibbles =
      _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a.nibbles))),
                              _mm_loadu_si128(reinterpret_cast<const __m128i*>(b.nibbles)), 1);
  // Low nibbles are columns 0-15 of a block, high ones 16-31: each block's twice, then shifted or not.
  const __m512i order = _mm512_setr_epi64(0, 1, 0, 1, 2, 3, 2, 3);
  const __m512i shifts = _mm512_setr_epi64(0, 0, 4, 4, 0, 0, 4, 4);
  const __m512i twice = _mm512_permutexvar_epi64(order, _mm512_castsi256_si512(nibbles));
  const __m512i low = _mm512_and_si512(_mm512_srlv_epi64(twice, shifts), _mm512_set1_epi8(0x0F));
  std::uint32_t fifth_a = 0;
  std::uint32_t fifth_b = 0;
  std::memcpy(&fifth_a, a.fifth_bits, sizeof fifth_a);
  std::memcpy(&fifth_b, b.fifth_bits, sizeof fifth_b);
  return _mm512_mask_add_epi8(low, fifth_a | std::uint64_t{fifth_b} << 32U, low, _mm512_set1_epi8(16));
}

template <class Block>
__m512 scales_of_pair(const Block& a, const Block& b) {
  const __m256i halves = _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_set1_epi16(static_cast<short>(a.scale))),
                                                 _mm_set1_epi16(static_cast<short>(b.scale)), 1);
  return _mm512_cvtph_ps(halves);
}

// Row after row, as they lie in memory: one stream, which the processor foresees. Several rows at once share what is
// read of the activations, but measured take 1.3 times as long. A lone last block is taken twice: the second time its
// activations are nought.
template <class Block>
void pairs_of_rows(const MatrixProduct& product, const PairOfBlocks* x, std::int64_t first, std::int64_t last) {
  const std::int64_t n_blocks = product.depth / kBlockValues;
  for (std::int64_t row = first; row < last; ++row) {
    const auto* blocks =
        reinterpret_cast<const Block*>(product.weights + static_cast<std::size_t>(row) * product.row_bytes);
    __m512 sum = _mm512_setzero_ps();
    for (std::int64_t block = 0; block < n_blocks; block += 2) {
      const PairOfBlocks& pair = x[block / 2];
      const Block& a = blocks[block];
      const Block& b = blocks[std::min(block + 1, n_blocks - 1)];
      const __m512i dot =
          _mm512_dpbusd_epi32(_mm512_load_si512(pair.corrections), unpack_pair(a, b), _mm512_load_si512(pair.values));
      sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), _mm512_mul_ps(scales_of_pair(a, b), _mm512_load_ps(pair.scales)),
                            sum);
    }
    product.out[row] = _mm512_reduce_add_ps(sum);
  }
}

// The products of one block of 256 with the scales of its sixteenths, in integers.
__m512i dot_of(const Q6KBlock& w, const ActivationSuper& x) {
  constexpr int kOffsetShift = 5;  // weights are made unsigned by adding 32
  const __m512i mask = _mm512_set1_epi8(0x0F);
  const __m512i two = _mm512_set1_epi8(0x30);
  const __m128i parts = _mm_loadu_si128(reinterpret_cast<const __m128i*>(w.parts));
  const __m512i scales = _mm512_cvtepi8_epi32(parts);
  // What the offset added: the scale of each sixteenth times the sum of its activations.
  const __m256i added =
      _mm256_madd_epi16(_mm256_cvtepi8_epi16(parts), _mm256_load_si256(reinterpret_cast<const __m256i*>(x.sums)));
  __m512i sum =
      _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(_mm512_zextsi256_si512(added), kOffsetShift));
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
    const __m512i low = _mm512_loadu_si512(w.low + 64 * half);
    const __m512i high =
        _mm512_broadcast_i64x4(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w.high + 32 * half)));
    // Two bits of columns 0-31, 32-63, 64-95 and 96-127, from the lowest on: brought to the fifth and sixth place.
    const __m512i left = _mm512_sllv_epi64(high, _mm512_setr_epi64(4, 4, 4, 4, 2, 2, 2, 2));
    const __m512i right = _mm512_srlv_epi64(high, _mm512_setr_epi64(0, 0, 0, 0, 2, 2, 2, 2));
    constexpr int kOrAnd = 0xF8;  // a | (b & c)
    const __m512i w0 = _mm512_ternarylogic_epi64(_mm512_and_si512(low, mask), left, two, kOrAnd);
    const __m512i w1 = _mm512_ternarylogic_epi64(_mm512_and_si512(_mm512_srli_epi16(low, 4), mask), right, two, kOrAnd);
    const auto* values = reinterpret_cast<const __m512i*>(x.values + 128 * half);
    const __m512i d0 = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w0, _mm512_load_si512(values));
    const __m512i d1 = _mm512_dpbusd_epi32(_mm512_setzero_si512(), w1, _mm512_load_si512(values + 1));
    const int at = 8 * half;
    const __m512i quarter = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512i s0 = _mm512_permutexvar_epi32(_mm512_add_epi32(quarter, _mm512_set1_epi32(at)), scales);
    const __m512i s1 = _mm512_permutexvar_epi32(_mm512_add_epi32(quarter, _mm512_set1_epi32(at + 4)), scales);
    sum = _mm512_add_epi32(sum, _mm512_add_epi32(_mm512_mullo_epi32(d0, s0), _mm512_mullo_epi32(d1, s1)));
  }
  return sum;
}

void supers_of_rows(const MatrixProduct& product, const ActivationSuper* x, std::int64_t first, std::int64_t last) {
  const std::int64_t n_blocks = product.depth / kSuperValues;
  for (std::int64_t row = first; row < last; ++row) {
    const auto* blocks =
        reinterpret_cast<const Q6KBlock*>(product.weights + static_cast<std::size_t>(row) * product.row_bytes);
    __m512 sum = _mm512_setzero_ps();
    for (std::int64_t block = 0; block < n_blocks; ++block) {
      const float scale = _cvtsh_ss(blocks[block].scale) * x[block].scale;
      sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot_of(blocks[block], x[block])), _mm512_set1_ps(scale), sum);
    }
    product.out[row] = _mm512_reduce_add_ps(sum);
  }
}

void lay_out_pairs(const ActivationBlock* x, std::int64_t first, std::int64_t last, PairOfBlocks* out) {
  for (std::int64_t block = first / kBlockValues; block < last / kBlockValues; ++block) {
    PairOfBlocks& pair = out[block / 2];
    if (block % 2 == 0) std::memset(&pair, 0, sizeof pair);
    const std::int64_t half = block % 2;
    std::memcpy(pair.values + kBlockValues * half, x[block].values, sizeof x[block].values);
    pair.corrections[8 * half] = x[block].correction;
    std::fill_n(pair.scales + 8 * half, 8, x[block].scale);
  }
}

}  // namespace

bool has_row_product(WeightLayout layout) {
  return layout == WeightLayout::kQ5Rows || layout == WeightLayout::kQ8Rows || layout == WeightLayout::kQ6KRows;
}

std::int64_t values_laid_out_together(WeightLayout layout) { return is_in_supers(layout) ? kSuperValues : kPairValues; }

std::size_t laid_out_bytes(WeightLayout layout, std::int64_t depth) {
  if (is_in_supers(layout)) return 0;
  return static_cast<std::size_t>((depth + kPairValues - 1) / kPairValues) * sizeof(PairOfBlocks);
}

void lay_out_row(WeightLayout layout, const std::byte* activations, std::int64_t first, std::int64_t last,
                 std::byte* out) {
  if (is_in_supers(layout)) return;
  lay_out_pairs(reinterpret_cast<const ActivationBlock*>(activations), first, last,
                reinterpret_cast<PairOfBlocks*>(out));
}

void multiply_row(const MatrixProduct& product, const std::byte* laid_out, std::int64_t first, std::int64_t last) {
  const auto* pairs = reinterpret_cast<const PairOfBlocks*>(laid_out);
  switch (product.layout) {
    case WeightLayout::kQ5Rows: return pairs_of_rows<Q5Block>(product, pairs, first, last);
    case WeightLayout::kQ8Rows: return pairs_of_rows<Q8Block>(product, pairs, first, last);
    case WeightLayout::kQ6KRows:
      return supers_of_rows(product, reinterpret_cast<const ActivationSuper*>(product.activations), first, last);
    case WeightLayout::kQ4InEights:
    case WeightLayout::kQ4KInEights: return;
  }
}

}  // namespace hearth::llama

#else

namespace hearth::llama {

bool has_row_product(WeightLayout) { return false; }
std::int64_t values_laid_out_together(WeightLayout) { return kBlockValues; }
std::size_t laid_out_bytes(WeightLayout, std::int64_t) { return 0; }
void lay_out_row(WeightLayout, const std::byte*, std::int64_t, std::int64_t, std::byte*) {}
void multiply_row(const MatrixProduct&, const std::byte*, std::int64_t, std::int64_t) {}

}  // namespace hearth::llama

#endif
