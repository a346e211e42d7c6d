// How ggml's blocks of weights become registers of unsigned columns; included by cpu_matrix*.cpp alone.
#pragma once

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "cpu_matrix.h"

namespace hearth::llama {

// Source: ggml, ggml-common.h and repack.h: block_q8_0, block_q5_0 and block_q4_0x8.
struct Q8Block {
  std::uint16_t scale;
  std::int8_t values[32];
};
struct Q5Block {
  std::uint16_t scale;
  std::uint8_t fifth_bits[4];
  std::uint8_t nibbles[16];
};
struct Q4Eight {
  std::uint16_t scales[8];
  std::uint8_t nibbles[128];
};
static_assert(sizeof(Q8Block) == 34 && sizeof(Q5Block) == 22 && sizeof(Q4Eight) == 144);

// 32 columns of two interleaved groups of eight rows. In a register of sums rows 0, 1, 8, 9 come first, then 2, 3, 10,
// 11 ...
struct Eights {
  __m512i a[4];  // rows 0-7, eight columns each
  __m512i b[4];  // rows 8-15

  // Halves or pairs of them that belong to rows 0-7 and 8-15, in the order of sums.
  static __m512 halves_of(const std::uint16_t* low, const std::uint16_t* high) {
    const __m128i d0 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(low));
    const __m128i d1 = _mm_loadu_si128(reinterpret_cast<const __m128i*>(high));
    return _mm512_cvtph_ps(_mm256_set_m128i(_mm_unpackhi_epi32(d0, d1), _mm_unpacklo_epi32(d0, d1)));
  }

  // Products with 32 values, added to `start`.
  [[nodiscard]] __m512i dot(__m512i start, const std::int8_t* x) const {
    __m512i sum_a = start;
    __m512i sum_b = start;
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      long long eight = 0;
      std::memcpy(&eight, x + 8 * i, 8);
      const __m512i values = _mm512_set1_epi64(eight);
      sum_a = _mm512_dpbusd_epi32(sum_a, a[i], values);
      sum_b = _mm512_dpbusd_epi32(sum_b, b[i], values);
    }
    // Each row has two sums beside each other: even and odd ones are added.
    const __m512 fa = _mm512_castsi512_ps(sum_a);
    const __m512 fb = _mm512_castsi512_ps(sum_b);
    return _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(fa, fb, 0x88)),
                            _mm512_castps_si512(_mm512_shuffle_ps(fa, fb, 0xDD)));
  }

  static __m512 in_order(__m512 sums) {
    const __m512i order = _mm512_setr_epi32(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    return _mm512_permutexvar_ps(order, sums);
  }
};

struct Q4Panel : Eights {
  __m512 scales;
  const Q4Eight* low;
  const Q4Eight* high;

  Q4Panel(const MatrixProduct& product, std::int64_t first) {
    low = reinterpret_cast<const Q4Eight*>(product.weights + static_cast<std::size_t>(first) * product.row_bytes);
    high = low + product.depth / kBlockValues;
  }

  void load(std::int64_t block) {
    unpack(low[block], a);
    unpack(high[block], b);
    scales = halves_of(low[block].scales, high[block].scales);
  }

  [[nodiscard]] __m512 add(__m512 sums, const ActivationBlock& x) const {
    const __m512i start = _mm512_maskz_set1_epi32(0x5555, x.correction);
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot(start, x.values)), _mm512_mul_ps(scales, _mm512_set1_ps(x.scale)),
                           sums);
  }

 private:
  static void unpack(const Q4Eight& block, __m512i* out) {
    const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x88));
    const __m512i mask = _mm512_set1_epi8(0x0F);
    const __m512i first = _mm512_xor_si512(_mm512_loadu_si512(block.nibbles), flip);
    const __m512i second = _mm512_xor_si512(_mm512_loadu_si512(block.nibbles + 64), flip);
    out[0] = _mm512_and_si512(first, mask);
    out[1] = _mm512_and_si512(second, mask);
    out[2] = _mm512_and_si512(_mm512_srli_epi16(first, 4), mask);
    out[3] = _mm512_and_si512(_mm512_srli_epi16(second, 4), mask);
  }
};

// Registers 0-3 hold rows i, i + 4, i + 8 and i + 12 in their lanes; afterwards four columns of all rows each.
inline void transpose_lanes(const __m512i* rows, __m512i* columns) {
  const __m512i low01 = _mm512_unpacklo_epi32(rows[0], rows[1]);
  const __m512i high01 = _mm512_unpackhi_epi32(rows[0], rows[1]);
  const __m512i low23 = _mm512_unpacklo_epi32(rows[2], rows[3]);
  const __m512i high23 = _mm512_unpackhi_epi32(rows[2], rows[3]);
  columns[0] = _mm512_unpacklo_epi64(low01, low23);
  columns[1] = _mm512_unpackhi_epi64(low01, low23);
  columns[2] = _mm512_unpacklo_epi64(high01, high23);
  columns[3] = _mm512_unpackhi_epi64(high01, high23);
}

// 16 bytes of rows `row`, `row` + 4 ... at the same place.
inline __m512i four_rows(const std::byte* at, std::size_t row, std::size_t row_bytes) {
  const auto part = [&](std::size_t i) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + (row + 4 * i) * row_bytes));
  };
  __m512i out = _mm512_castsi128_si512(part(0));
  out = _mm512_inserti32x4(out, part(1), 1);
  out = _mm512_inserti32x4(out, part(2), 2);
  return _mm512_inserti32x4(out, part(3), 3);
}

// 32 columns of sixteen rows: a register holds four columns of all.
struct Columns {
  __m512i columns[8];
  __m512 scales;

  [[nodiscard]] __m512 add(__m512 sums, const ActivationBlock& x) const {
    __m512i sum = _mm512_set1_epi32(x.correction);
#pragma GCC unroll 8
    for (int i = 0; i < 8; ++i) {
      int four = 0;
      std::memcpy(&four, x.values + 4 * i, 4);
      sum = _mm512_dpbusd_epi32(sum, columns[i], _mm512_set1_epi32(four));
    }
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_mul_ps(scales, _mm512_set1_ps(x.scale)), sums);
  }
};

// Sixteen short rows are sixteen streams that end before the processor foresees them; one behind the other they are one
// piece of memory. While a panel's `block` of 32 columns is unpacked, its share of the next panel is fetched.
constexpr std::size_t kLongRow = 4096;

template <_mm_hint Hint>
void fetch_next_panel(const std::byte* panel, std::size_t row_bytes, std::int64_t block, std::size_t block_bytes) {
  const std::size_t share = kPanelRows * block_bytes;
  const auto* at =
      reinterpret_cast<const char*>(panel) + kPanelRows * row_bytes + static_cast<std::size_t>(block) * share;
  for (std::size_t i = 0; i < share; i += 64) _mm_prefetch(at + i, Hint);
}

// Sixteen plain rows of blocks of 32.
template <class Block>
struct RowPanel {
  using Unpacked = Columns;
  const std::byte* rows;
  std::size_t row_bytes;

  RowPanel(const MatrixProduct& product, std::int64_t first)
      : rows(product.weights + static_cast<std::size_t>(first) * product.row_bytes), row_bytes(product.row_bytes) {}

  void unpack(std::int64_t block, Columns& out) const {
    alignas(32) std::uint16_t d[kPanelRows];
    const std::byte* at = rows + static_cast<std::size_t>(block) * sizeof(Block);
    for (std::size_t row = 0; row < kPanelRows; ++row) {
      std::memcpy(&d[row], at + row * row_bytes, sizeof d[row]);
      // The row's own stream is too short for the processor to foresee it.
      if (row_bytes >= kLongRow) _mm_prefetch(reinterpret_cast<const char*>(at + row * row_bytes + 512), _MM_HINT_T0);
    }
    if (row_bytes < kLongRow) fetch_next_panel<_MM_HINT_T1>(rows, row_bytes, block, sizeof(Block));
    out.scales = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(d)));
    take_columns(at, static_cast<const Block*>(nullptr), out.columns);
  }

 private:
  void take_columns(const std::byte* at, const Q8Block*, __m512i* columns) const {
    const __m512i flip = _mm512_set1_epi8(static_cast<char>(0x80));
    for (std::size_t half = 0; half < 2; ++half) {
      __m512i values[4];
      for (std::size_t row = 0; row < 4; ++row)
        values[row] = _mm512_xor_si512(four_rows(at + offsetof(Q8Block, values) + 16 * half, row, row_bytes), flip);
      transpose_lanes(values, columns + 4 * half);
    }
  }

  void take_columns(const std::byte* at, const Q5Block*, __m512i* columns) const {
    const __m512i mask = _mm512_set1_epi8(0x0F);
    const __m512i fifth = _mm512_set1_epi8(16);
    __m512i low[4];
    __m512i high[4];
    for (std::size_t row = 0; row < 4; ++row) {
      std::uint64_t low_bits = 0;
      std::uint64_t high_bits = 0;
      for (std::size_t i = 0; i < 4; ++i) {
        std::uint32_t bits = 0;
        std::memcpy(&bits, at + (row + 4 * i) * row_bytes + offsetof(Q5Block, fifth_bits), sizeof bits);
        low_bits |= std::uint64_t{bits & 0xFFFFU} << (16 * i);
        high_bits |= std::uint64_t{bits >> 16U} << (16 * i);
      }
      const __m512i nibbles = four_rows(at + offsetof(Q5Block, nibbles), row, row_bytes);
      low[row] = _mm512_and_si512(nibbles, mask);
      high[row] = _mm512_and_si512(_mm512_srli_epi16(nibbles, 4), mask);
      low[row] = _mm512_mask_add_epi8(low[row], low_bits, low[row], fifth);
      high[row] = _mm512_mask_add_epi8(high[row], high_bits, high[row], fifth);
    }
    transpose_lanes(low, columns);
    transpose_lanes(high, columns + 4);
  }
};

}  // namespace hearth::llama

#endif
