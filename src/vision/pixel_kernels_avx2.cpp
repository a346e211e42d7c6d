#include "vision/pixel_kernels_avx2.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <cmath>
#include <cstring>
#include <limits>

// By function and not by file: code that is inlined from headers must not end up with instructions a machine lacks.
#define HEARTH_AVX2 __attribute__((target("avx2,fma")))

namespace hearth {
namespace {

constexpr int kShift = kWeightBits + kBlendBits;
constexpr int kHalf = 1 << (kShift - 1);

HEARTH_AVX2 void blend_rows(const std::uint8_t* a, const std::uint8_t* b, std::size_t n,
                            std::array<std::int16_t, 2> weights, std::int16_t* out) {
  const auto pair = static_cast<std::uint32_t>(static_cast<std::uint16_t>(weights[0])) |
                    static_cast<std::uint32_t>(static_cast<std::uint16_t>(weights[1])) << 16U;
  const __m256i weight = _mm256_set1_epi32(static_cast<int>(pair));
  const __m256i half = _mm256_set1_epi32(8);
  std::size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const __m256i x = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(a + i)));
    const __m256i y = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + i)));
    const __m256i low = _mm256_madd_epi16(_mm256_unpacklo_epi16(x, y), weight);
    const __m256i high = _mm256_madd_epi16(_mm256_unpackhi_epi16(x, y), weight);
    const __m256i packed = _mm256_packs_epi32(_mm256_srai_epi32(_mm256_add_epi32(low, half), 4),
                                              _mm256_srai_epi32(_mm256_add_epi32(high, half), 4));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), packed);
  }
  for (; i < n; ++i) out[i] = static_cast<std::int16_t>((a[i] * weights[0] + b[i] * weights[1] + 8) >> 4);
}

// Channels 0 to 2 of the two pixels i and i + 4, one a lane, as 32-bit integers 0..255.
HEARTH_AVX2 inline __m256i two_pixels(const RowSampling& row, std::size_t i) {
  const __m256i order =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11, -1, -1, -1, -1));
  const auto load = [&](std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(row.blended + row.index[at]));
  };
  const auto weight = [&](std::size_t at) {
    std::int32_t pair = 0;
    std::memcpy(&pair, row.weight + 2 * at, sizeof pair);
    return _mm_set1_epi32(pair);
  };
  const __m256i neighbours = _mm256_shuffle_epi8(_mm256_set_m128i(load(i + 4), load(i)), order);
  const __m256i sum = _mm256_madd_epi16(neighbours, _mm256_set_m128i(weight(i + 4), weight(i)));
  return _mm256_srai_epi32(_mm256_add_epi32(sum, _mm256_set1_epi32(kHalf)), kShift);
}

inline int one_sample(const RowSampling& row, std::size_t i, std::size_t channel) {
  const std::int16_t* at = row.blended + row.index[i] + channel;
  return (at[0] * row.weight[2 * i] + at[3] * row.weight[2 * i + 1] + kHalf) >> kShift;
}

HEARTH_AVX2 void sample_planar(const RowSampling& row, const PlanarTarget& out) {
  std::size_t i = 0;
  for (; i + 8 <= row.n_pixels; i += 8) {
    const __m256i p0 = two_pixels(row, i);
    const __m256i p1 = two_pixels(row, i + 1);
    const __m256i p2 = two_pixels(row, i + 2);
    const __m256i p3 = two_pixels(row, i + 3);
    const __m256i low01 = _mm256_unpacklo_epi32(p0, p1);
    const __m256i low23 = _mm256_unpacklo_epi32(p2, p3);
    const __m256i high01 = _mm256_unpackhi_epi32(p0, p1);
    const __m256i high23 = _mm256_unpackhi_epi32(p2, p3);
    const __m256i channels[3] = {_mm256_unpacklo_epi64(low01, low23), _mm256_unpackhi_epi64(low01, low23),
                                 _mm256_unpacklo_epi64(high01, high23)};
    for (std::size_t c = 0; c < 3; ++c) {
      const __m256 value =
          _mm256_fmadd_ps(_mm256_cvtepi32_ps(channels[c]), _mm256_set1_ps(out.scale[c]), _mm256_set1_ps(out.bias[c]));
      _mm256_storeu_ps(out.plane[c] + i, value);
    }
  }
  for (; i < row.n_pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) {
      out.plane[c][i] = std::fma(static_cast<float>(one_sample(row, i, c)), out.scale[c], out.bias[c]);
    }
  }
}

HEARTH_AVX2 void sample_bytes(const RowSampling& row, std::uint8_t* out) {
  // Each lane holds four pixels of four bytes; the fourth is dropped.
  const __m256i close =
      _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  std::size_t i = 0;
  // A lane is stored as 16 bytes of which 12 count: the last pixels are left to the loop below.
  for (; i + 10 <= row.n_pixels; i += 8) {
    const __m256i p01 = _mm256_packs_epi32(two_pixels(row, i), two_pixels(row, i + 1));
    const __m256i p23 = _mm256_packs_epi32(two_pixels(row, i + 2), two_pixels(row, i + 3));
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(p01, p23), close);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 3 * i), _mm256_castsi256_si128(bytes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 3 * i + 12), _mm256_extracti128_si256(bytes, 1));
  }
  for (; i < row.n_pixels; ++i) {
    for (std::size_t c = 0; c < 3; ++c) out[3 * i + c] = static_cast<std::uint8_t>(one_sample(row, i, c));
  }
}

// 32 columns at a time stay in registers while all rows pass by.
HEARTH_AVX2 bool best_of_columns(const ScoreRows& scores, float* best, std::int32_t* best_row) {
  const std::size_t n = scores.n_columns;
  __m256 unordered = _mm256_setzero_ps();
  std::size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m256 most[4];
    __m256i which[4];
    for (int k = 0; k < 4; ++k) {
      most[k] = _mm256_set1_ps(-std::numeric_limits<float>::infinity());
      which[k] = _mm256_setzero_si256();
    }
    for (std::size_t r = 0; r < scores.n_rows; ++r) {
      const float* row = scores.data + r * scores.stride + i;
      const __m256i number = _mm256_set1_epi32(static_cast<int>(r));
      for (int k = 0; k < 4; ++k) {
        const __m256 value = _mm256_loadu_ps(row + 8 * k);
        unordered = _mm256_or_ps(unordered, _mm256_cmp_ps(value, value, _CMP_UNORD_Q));
        const __m256 better = _mm256_cmp_ps(value, most[k], _CMP_GT_OQ);
        most[k] = _mm256_blendv_ps(most[k], value, better);
        which[k] = _mm256_blendv_epi8(which[k], number, _mm256_castps_si256(better));
      }
    }
    for (int k = 0; k < 4; ++k) {
      _mm256_storeu_ps(best + i + 8 * k, most[k]);
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(best_row + i + 8 * k), which[k]);
    }
  }
  const ScoreRows left{scores.data + i, scores.n_rows, scores.stride, n - i};
  const bool rest = i < n && portable_pixel_kernels().best_of_columns(left, best + i, best_row + i);
  return rest || _mm256_movemask_ps(unordered) != 0;
}

HEARTH_AVX2 PixelKernels::Greatest greatest(const float* values, std::size_t n) {
  if (n < 8) return portable_pixel_kernels().greatest(values, n);
  __m256 most = _mm256_loadu_ps(values);
  __m256 unordered = _mm256_cmp_ps(most, most, _CMP_UNORD_Q);
  std::size_t i = 8;
  for (; i + 8 <= n; i += 8) {
    const __m256 value = _mm256_loadu_ps(values + i);
    unordered = _mm256_or_ps(unordered, _mm256_cmp_ps(value, value, _CMP_UNORD_Q));
    most = _mm256_max_ps(most, value);
  }
  float lanes[8];
  _mm256_storeu_ps(lanes, most);
  auto found = portable_pixel_kernels().greatest(lanes, 8);
  found.has_nan = found.has_nan || _mm256_movemask_ps(unordered) != 0;
  if (i < n) {
    const auto rest = portable_pixel_kernels().greatest(values + i, n - i);
    found = {rest.value > found.value ? rest.value : found.value, found.has_nan || rest.has_nan};
  }
  return found;
}

}  // namespace

const PixelKernels* avx2_pixel_kernels() {
  static constexpr PixelKernels kKernels{"avx2", blend_rows, sample_planar, sample_bytes, best_of_columns, greatest};
  static const bool kHere = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return kHere ? &kKernels : nullptr;
}

}  // namespace hearth

#else

namespace hearth {

const PixelKernels* avx2_pixel_kernels() { return nullptr; }

}  // namespace hearth

#endif
