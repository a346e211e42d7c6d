// The block's own scale and that of the activations are applied once for 256 columns: what is left for each part of
// them is one multiplication by its scale, beside VNNI's products, which the same units of the processor do.
#include "cpu_matrix_supers.h"

#if defined(__AVX512VNNI__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "cpu_matrix_panels.h"
#include "cpu_matrix_tiles.h"

namespace hearth::llama {
namespace {

// Unpacked at once, to be used by all tiles of a group: with the activations of a tile, what the first-level cache
// holds.
constexpr int kParts = 8;  // of 32 columns each

__m512i pair_of(const std::int16_t* sums) {
  int two = 0;
  std::memcpy(&two, sums, sizeof two);
  return _mm512_set1_epi32(two);
}

// The lines of the next block of all rows of a panel, to be fetched bit by bit while the present one is used.
class NextLines {
 public:
  // `streams` pieces of `bytes` each, `stride` from one another; fetched in `steps`.
  NextLines(const std::byte* at, std::size_t streams, std::size_t stride, std::size_t bytes, std::size_t steps)
      : at_(reinterpret_cast<const char*>(at)),
        stride_(stride),
        lines_((bytes + kLine - 1) / kLine),
        left_(streams * lines_),
        per_step_((left_ + steps - 1) / steps) {}

  void fetch_some() {
    for (std::size_t i = std::min(per_step_, left_); i > 0; --i, --left_) {
      _mm_prefetch(at_ + line_ * kLine, _MM_HINT_T0);
      if (++line_ < lines_) continue;
      line_ = 0;
      at_ += stride_;
    }
  }

 private:
  static constexpr std::size_t kLine = 64;
  const char* at_;
  std::size_t stride_, lines_, left_, per_step_;
  std::size_t line_ = 0;
};

// 256 columns of two interleaved groups of eight rows of block_q4_Kx8.
struct Q4KSuper {
  struct Part : Eights {
    __m512 scales;

    [[nodiscard]] __m512 add(__m512 sum, const std::int8_t* x) const {
      return _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot(_mm512_setzero_si512(), x)), scales, sum);
    }
  };
  Part parts[kParts];
  __m512i minima[kParts / 2];  // of two parts beside each other, in 16 bits
  __m512 scale, minimum;       // of all parts

  static __m512 start(const ActivationSuper&) { return _mm512_setzero_ps(); }

  [[nodiscard]] __m512 finish(__m512 sum, const ActivationSuper& x) const {
    __m512i below = _mm512_setzero_si512();
#pragma GCC unroll 4
    for (int i = 0; i < kParts / 2; ++i) below = _mm512_dpwssd_epi32(below, minima[i], pair_of(x.pair_sums + 2 * i));
    const __m512 whole = _mm512_fnmadd_ps(_mm512_cvtepi32_ps(below), minimum, _mm512_mul_ps(sum, scale));
    return _mm512_mul_ps(whole, _mm512_set1_ps(x.scale));
  }
};

class Q4KPanel {
 public:
  using Unpacked = Q4KSuper;

  Q4KPanel(const MatrixProduct& product, std::int64_t first)
      : low_(reinterpret_cast<const Q4KEight*>(product.weights + static_cast<std::size_t>(first) * product.row_bytes)),
        high_(low_ + product.depth / kSuperValues) {}

  static __m512 in_order(__m512 sums) { return Eights::in_order(sums); }

  // What is needed after a block: the next one of both, or the next panel's first.
  [[nodiscard]] NextLines lines_behind(std::int64_t super, std::size_t steps) const {
    const std::int64_t n_supers = high_ - low_;
    const std::int64_t next = super + 1 < n_supers ? super + 1 : 2 * n_supers;
    return {reinterpret_cast<const std::byte*>(low_ + next), 2, static_cast<std::size_t>(n_supers) * sizeof(Q4KEight),
            sizeof(Q4KEight), steps};
  }

  void unpack(std::int64_t super, Q4KSuper& out) const {
    const Q4KEight& low = low_[super];
    const Q4KEight& high = high_[super];
    const __m512i mask = _mm512_set1_epi8(0x0F);
    // Low nibbles hold the even 32 columns of each 64, high ones the odd.
    for (int pair = 0; pair < kParts / 2; ++pair) {
      for (int i = 0; i < 4; ++i) {
        const __m512i a = _mm512_loadu_si512(low.nibbles + 64 * (4 * pair + i));
        const __m512i b = _mm512_loadu_si512(high.nibbles + 64 * (4 * pair + i));
        out.parts[2 * pair].a[i] = _mm512_and_si512(a, mask);
        out.parts[2 * pair].b[i] = _mm512_and_si512(b, mask);
        out.parts[2 * pair + 1].a[i] = _mm512_and_si512(_mm512_srli_epi16(a, 4), mask);
        out.parts[2 * pair + 1].b[i] = _mm512_and_si512(_mm512_srli_epi16(b, 4), mask);
      }
      const Packed first(low.parts[2 * pair], high.parts[2 * pair]);
      const Packed second(low.parts[2 * pair + 1], high.parts[2 * pair + 1]);
      out.parts[2 * pair].scales = _mm512_cvtepi32_ps(first.scales);
      out.parts[2 * pair + 1].scales = _mm512_cvtepi32_ps(second.scales);
      out.minima[pair] = _mm512_or_si512(first.minima, _mm512_slli_epi32(second.minima, 16));
    }
    out.scale = Eights::halves_of(low.scales, high.scales);
    out.minimum = Eights::halves_of(low.minima, high.minima);
  }

 private:
  // Scales and minima of sixteen rows, in the order of sums, from twice eight of six bits in twelve bytes.
  struct Packed {
    __m512i scales, minima;
    Packed(const std::uint8_t* low, const std::uint8_t* high) {
      const Eight l(low);
      const Eight h(high);
      scales = in_rows(l.scales, h.scales);
      minima = in_rows(l.minima, h.minima);
    }
    struct Eight {
      std::uint64_t scales, minima;
      explicit Eight(const std::uint8_t* packed) {
        std::uint32_t w[3];
        std::memcpy(w, packed, sizeof w);
        constexpr std::uint32_t kSix = 0x3F3F3F3F, kFour = 0x0F0F0F0F, kTwo = 0x03030303;
        scales = std::uint64_t{(w[2] & kFour) | ((w[0] >> 6U) & kTwo) << 4U} << 32U | (w[0] & kSix);
        minima = std::uint64_t{((w[2] >> 4U) & kFour) | ((w[1] >> 6U) & kTwo) << 4U} << 32U | (w[1] & kSix);
      }
    };
    static __m512i in_rows(std::uint64_t low, std::uint64_t high) {
      return _mm512_cvtepu8_epi32(_mm_unpacklo_epi16(_mm_cvtsi64_si128(static_cast<long long>(low)),
                                                     _mm_cvtsi64_si128(static_cast<long long>(high))));
    }
  };

  const Q4KEight* low_;
  const Q4KEight* high_;
};

// 256 columns of sixteen rows of block_q6_K: a register holds four columns of all.
struct Q6KSuper {
  struct Part {
    __m512i columns[8];
    __m512 scales[2];  // of 16 columns each

    [[nodiscard]] __m512 add(__m512 sum, const std::int8_t* x) const {
#pragma GCC unroll 2
      for (int half = 0; half < 2; ++half) {
        __m512i dot = _mm512_setzero_si512();
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          int four = 0;
          std::memcpy(&four, x + 16 * half + 4 * i, sizeof four);
          dot = _mm512_dpbusd_epi32(dot, columns[4 * half + i], _mm512_set1_epi32(four));
        }
        sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scales[half], sum);
      }
      return sum;
    }
  };
  Part parts[kParts];
  __m512i pairs[kParts];  // both scales of a part, in 16 bits
  __m512 scale;

  // What the offset of 32, by which weights are made unsigned, adds: negated.
  [[nodiscard]] __m512 start(const ActivationSuper& x) const {
    __m512i added = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int i = 0; i < kParts; ++i) added = _mm512_dpwssd_epi32(added, pairs[i], pair_of(x.sums + 2 * i));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(added), _mm512_set1_ps(-32.0F));
  }

  [[nodiscard]] __m512 finish(__m512 sum, const ActivationSuper& x) const {
    return _mm512_mul_ps(sum, _mm512_mul_ps(scale, _mm512_set1_ps(x.scale)));
  }
};

class Q6KPanel {
 public:
  using Unpacked = Q6KSuper;

  Q6KPanel(const MatrixProduct& product, std::int64_t first)
      : rows_(product.weights + static_cast<std::size_t>(first) * product.row_bytes), row_bytes_(product.row_bytes) {}

  static __m512 in_order(__m512 sums) { return sums; }

  // What is needed after a block: the next one of all rows; of short rows, which are better read as one piece of
  // memory, its share of the next panel.
  [[nodiscard]] NextLines lines_behind(std::int64_t super, std::size_t steps) const {
    const auto index = static_cast<std::size_t>(super);
    const std::byte* next_panel = rows_ + kPanelRows * row_bytes_;
    constexpr std::size_t kShare = kPanelRows * sizeof(Q6KBlock);
    if (row_bytes_ < kLongRow) return {next_panel + index * kShare, 1, 0, kShare, steps};
    const bool is_last = (index + 1) * sizeof(Q6KBlock) == row_bytes_;
    return {is_last ? next_panel : rows_ + (index + 1) * sizeof(Q6KBlock), kPanelRows, row_bytes_, sizeof(Q6KBlock),
            steps};
  }

  void unpack(std::int64_t super, Q6KSuper& out) const {
    const std::byte* at = rows_ + static_cast<std::size_t>(super) * sizeof(Q6KBlock);
    alignas(32) std::uint16_t d[kPanelRows];
    for (std::size_t row = 0; row < kPanelRows; ++row)
      std::memcpy(&d[row], at + row * row_bytes_ + offsetof(Q6KBlock, scale), sizeof d[row]);
    out.scale = _mm512_cvtph_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(d)));
    take_scales(at, out);
    for (std::size_t half = 0; half < 2; ++half) take_columns(at, half, out.parts + 4 * half);
  }

 private:
  void take_scales(const std::byte* at, Q6KSuper& out) const {
    __m512i rows[4];
    for (std::size_t row = 0; row < 4; ++row) rows[row] = four_rows(at + offsetof(Q6KBlock, parts), row, row_bytes_);
    __m512i fours[4];  // the scales of two parts of all rows
    transpose_lanes(rows, fours);
    for (int part = 0; part < kParts; ++part) {
      const __m512i two = part % 2 == 0 ? _mm512_slli_epi32(fours[part / 2], 16) : fours[part / 2];
      const __m512i first = _mm512_srai_epi32(_mm512_slli_epi32(two, 8), 24);
      const __m512i second = _mm512_srai_epi32(two, 24);
      out.parts[part].scales[0] = _mm512_cvtepi32_ps(first);
      out.parts[part].scales[1] = _mm512_cvtepi32_ps(second);
      out.pairs[part] = _mm512_mask_blend_epi16(0xAAAAAAAA, first, _mm512_slli_epi32(second, 16));
    }
  }

  // Of each 128 columns: four low bits of two times 32 in a byte, two high bits of four times 32.
  void take_columns(const std::byte* at, std::size_t of_128, Q6KSuper::Part* out) const {
    const __m512i mask = _mm512_set1_epi8(0x0F);
    const __m512i two = _mm512_set1_epi8(0x30);
    constexpr int kOrAnd = 0xF8;  // a | (b & c)
    for (std::size_t sixteen = 0; sixteen < 2; ++sixteen) {
      const std::byte* low = at + offsetof(Q6KBlock, low) + 64 * of_128 + 16 * sixteen;
      const std::byte* high = at + offsetof(Q6KBlock, high) + 32 * of_128 + 16 * sixteen;
      __m512i values[4][4];  // by quarter of the 128 columns and by rows
      for (std::size_t row = 0; row < 4; ++row) {
        const __m512i first = four_rows(low, row, row_bytes_);
        const __m512i second = four_rows(low + 32, row, row_bytes_);
        const __m512i bits = four_rows(high, row, row_bytes_);
        const auto join = [&](__m512i four, __m512i shifted) {
          return _mm512_ternarylogic_epi64(_mm512_and_si512(four, mask), shifted, two, kOrAnd);
        };
        values[0][row] = join(first, _mm512_slli_epi16(bits, 4));
        values[1][row] = join(second, _mm512_slli_epi16(bits, 2));
        values[2][row] = join(_mm512_srli_epi16(first, 4), bits);
        values[3][row] = join(_mm512_srli_epi16(second, 4), _mm512_srli_epi16(bits, 2));
      }
      for (std::size_t quarter = 0; quarter < 4; ++quarter)
        transpose_lanes(values[quarter], out[quarter].columns + 4 * sixteen);
    }
  }

  const std::byte* rows_;
  std::size_t row_bytes_;
};

// `Rows` activation rows with an unpacked block; adds to a panel's sums, a register a row.
template <class Unpacked, int Rows>
void tile(const Unpacked& weights, const ActivationSuper* x, std::int64_t n_supers, __m512* whole, NextLines& next) {
  __m512 sums[Rows];
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) sums[r] = weights.start(x[r * n_supers]);
  for (int part = 0; part < kParts; ++part) {
    const auto columns = weights.parts[part];
    next.fetch_some();
#pragma GCC unroll 16
    for (int r = 0; r < Rows; ++r) sums[r] = columns.add(sums[r], x[r * n_supers].values + kBlockValues * part);
  }
#pragma GCC unroll 16
  for (int r = 0; r < Rows; ++r) whole[r] = _mm512_add_ps(whole[r], weights.finish(sums[r], x[r * n_supers]));
}

// A panel with the activation rows [row, end). Its sums are kept together until they are whole: in the matrix of
// results they would lie in a few sets of the caches.
template <class Panel>
void panel_rows(const MatrixProduct& product, std::int64_t first, std::int64_t row, std::int64_t end) {
  constexpr std::int64_t kRowsMax = kGroupBytes / sizeof(ActivationSuper);
  alignas(64) __m512 whole[kRowsMax];
  const std::int64_t n_supers = product.depth / kSuperValues;
  const auto* x = reinterpret_cast<const ActivationSuper*>(product.activations) + row * n_supers;
  const auto steps = static_cast<std::size_t>((end - row + kTileRows - 1) / kTileRows * kParts);
  const Panel panel(product, first);
  float* const out = product.out + row * product.out_stride + first;
  std::fill_n(whole, end - row, _mm512_setzero_ps());
  for (std::int64_t super = 0; super < n_supers; ++super) {
    // Each result lies on a line and mostly a page of its own, which the store would wait for.
    for (std::int64_t i = (end - row) * super / n_supers; i < (end - row) * (super + 1) / n_supers; ++i)
      _mm_prefetch(reinterpret_cast<const char*>(out + i * product.out_stride), _MM_HINT_T0);
    typename Panel::Unpacked unpacked;
    panel.unpack(super, unpacked);
    NextLines next = panel.lines_behind(super, steps);
    in_tiles(0, end - row, [&](auto rows, std::int64_t at) {
      tile<typename Panel::Unpacked, rows()>(unpacked, x + at * n_supers + super, n_supers, whole + at, next);
    });
  }
  for (std::int64_t i = 0; i < end - row; ++i)
    _mm512_storeu_ps(out + i * product.out_stride, Panel::in_order(whole[i]));
}

}  // namespace

void multiply_q4_k_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last) {
  in_groups(product, first, last, panel_rows<Q4KPanel>);
}

void multiply_q6_k_panels(const MatrixProduct& product, std::int64_t first, std::int64_t last) {
  in_groups(product, first, last, panel_rows<Q6KPanel>);
}

}  // namespace hearth::llama

#else

namespace hearth::llama {

void multiply_q4_k_panels(const MatrixProduct&, std::int64_t, std::int64_t) {}
void multiply_q6_k_panels(const MatrixProduct&, std::int64_t, std::int64_t) {}

}  // namespace hearth::llama

#endif
