#include "cpu_attention.h"

#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512VL__) && defined(__AVX512DQ__)

#include <immintrin.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace hearth::llama {
namespace {

constexpr std::int64_t kQueries = 64;    // of a group: rows times heads that share keys
constexpr std::int64_t kTileCells = 64;  // unpacked at a time: keys and values of a head of 64 fill the first cache
constexpr std::int64_t kSizeMax = 256;
// A row joins a group when it brings so few cells that the others don't see: rows of one sequence bring one each.
constexpr int kNewCells = 32;

float* at(std::byte* base, std::size_t offset) { return reinterpret_cast<float*>(base + offset); }
const float* at(const std::byte* base, std::size_t offset) { return reinterpret_cast<const float*>(base + offset); }

__m512 halves(const std::byte* from) {
  return _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)));
}

// exp(x) for x <= 0 within 2 ulp, 0 below -87. Source: the usual reduction to [-ln 2 / 2, ln 2 / 2] and Taylor's
// series.
__m512 exp_of(__m512 x) {
  const __mmask16 counts = _mm512_cmp_ps_mask(x, _mm512_set1_ps(-87.0F), _CMP_GE_OQ);
  const __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504F)), _MM_FROUND_TO_NEAREST_INT);
  __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375F), x);
  r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4F), r);
  __m512 p = _mm512_set1_ps(1.0F / 720);
  for (const float c : {1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F}) {
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(c));
  }
  return _mm512_maskz_scalef_ps(counts, p, n);
}

void transpose(__m512* rows) {
  __m512 t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
  }
  __m512 u[16];
  for (int i = 0; i < 16; i += 4) {
    for (int j = 0; j < 2; ++j) {
      const __m512d a = _mm512_castps_pd(t[i + j]);
      const __m512d b = _mm512_castps_pd(t[i + j + 2]);
      u[i + 2 * j] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, b));
      u[i + 2 * j + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, b));
    }
  }
  for (int j = 0; j < 4; ++j) {  // u[4 g + j]: column j of each lane, rows 4 g to 4 g + 3
    const __m512 a = _mm512_shuffle_f32x4(u[j], u[4 + j], 0x88);
    const __m512 b = _mm512_shuffle_f32x4(u[j], u[4 + j], 0xDD);
    const __m512 c = _mm512_shuffle_f32x4(u[8 + j], u[12 + j], 0x88);
    const __m512 d = _mm512_shuffle_f32x4(u[8 + j], u[12 + j], 0xDD);
    rows[j] = _mm512_shuffle_f32x4(a, c, 0x88);
    rows[8 + j] = _mm512_shuffle_f32x4(a, c, 0xDD);
    rows[4 + j] = _mm512_shuffle_f32x4(b, d, 0x88);
    rows[12 + j] = _mm512_shuffle_f32x4(b, d, 0xDD);
  }
}

// What one task works on: everything in its scratch.
struct Work {
  const Attention& a;
  const RowGroup group;
  const std::int64_t key_head;
  const std::int64_t heads;  // that share the key head
  const std::int64_t n_queries;
  float* queries = nullptr;  // n_queries x size, scaled
  float* sums = nullptr;     // n_queries x size
  float* keys = nullptr;     // size x kTileCells
  float* values = nullptr;   // kTileCells x size
  float* scores = nullptr;   // kQueries x kTileCells
  float* mask = nullptr;     // rows x kTileCells
  float* most = nullptr;     // of each query's scores so far
  float* weight = nullptr;   // the sum of its exponentials
  std::int32_t* cells = nullptr;

  [[nodiscard]] std::int64_t rows() const { return group.end - group.first; }
  [[nodiscard]] std::size_t row_of(std::int64_t query) const {
    return static_cast<std::size_t>(group.first + query / heads);
  }
  [[nodiscard]] std::size_t head_of(std::int64_t query) const {
    return static_cast<std::size_t>(key_head * heads + query % heads);
  }
};

Work lay_out(const Attention& a, const RowGroup& group, std::int64_t key_head, std::byte* scratch) {
  const auto take = [&scratch](std::int64_t count) {
    float* taken = reinterpret_cast<float*>(scratch);
    scratch += (static_cast<std::size_t>(count) * sizeof(float) + 63) / 64 * 64;
    return taken;
  };
  const std::int64_t heads = a.n_heads / a.n_key_heads;
  const std::int64_t room = std::max(kQueries, heads);
  Work w{a, group, key_head, heads, (group.end - group.first) * heads};
  w.queries = take(room * a.size);
  w.sums = take(room * a.size);
  w.keys = take(kTileCells * a.size);
  w.values = take(kTileCells * a.size);
  w.scores = take(room * kTileCells);
  w.mask = take(kQueries * kTileCells);
  w.most = take(room);
  w.weight = take(room);
  w.cells = reinterpret_cast<std::int32_t*>(take(a.n_cells + kTileCells));
  return w;
}

void take_queries(Work& w) {
  const __m512 scale = _mm512_set1_ps(w.a.scale);
  for (std::int64_t q = 0; q < w.n_queries; ++q) {
    const float* from = at(w.a.queries, w.row_of(q) * w.a.query_row + w.head_of(q) * w.a.query_head);
    for (std::int64_t d = 0; d < w.a.size; d += 16) {
      _mm512_store_ps(w.queries + q * w.a.size + d, _mm512_mul_ps(_mm512_loadu_ps(from + d), scale));
      _mm512_store_ps(w.sums + q * w.a.size + d, _mm512_setzero_ps());
    }
    w.most[q] = -std::numeric_limits<float>::infinity();
    w.weight[q] = 0;
  }
}

std::int64_t list_cells(Work& w, const std::uint64_t* seen) {
  const std::int64_t words = words_of(w.a.n_cells);
  std::int64_t n = 0;
  for (std::int64_t word = 0; word < words; ++word) {
    std::uint64_t bits = 0;
    for (std::int64_t row = w.group.first; row < w.group.end; ++row) bits |= seen[row * words + word];
    for (; bits != 0; bits &= bits - 1) w.cells[n++] = static_cast<std::int32_t>(64 * word + std::countr_zero(bits));
  }
  for (std::int64_t i = n; i < n + kTileCells; ++i) w.cells[i] = n > 0 ? w.cells[n - 1] : 0;  // read, never counted
  return n;
}

// Unpacks the keys (cells side by side), the values and the mask of the tile that begins at `begin` of the list.
void unpack(Work& w, std::int64_t begin, std::int64_t count) {
  const Attention& a = w.a;
  const std::int32_t* cells = w.cells + begin;
  const std::byte* key_base = a.keys + static_cast<std::size_t>(w.key_head) * a.key_head;
  const std::byte* value_base = a.values + static_cast<std::size_t>(w.key_head) * a.value_head;
  for (std::int64_t c = 0; c < kTileCells; c += 16) {  // whole tiles: what was there before might be no number
    for (std::int64_t d = 0; d < a.size; d += 16) {
      __m512 block[16];
      for (std::int64_t i = 0; i < 16; ++i) {
        block[i] =
            halves(key_base + static_cast<std::size_t>(cells[c + i]) * a.key_cell + static_cast<std::size_t>(d) * 2);
      }
      transpose(block);
      for (std::int64_t i = 0; i < 16; ++i) _mm512_store_ps(w.keys + (d + i) * kTileCells + c, block[i]);
    }
  }
  for (std::int64_t c = 0; c < count; ++c) {
    const std::byte* from = value_base + static_cast<std::size_t>(cells[c]) * a.value_cell;
    for (std::int64_t d = 0; d < a.size; d += 16) {
      _mm512_store_ps(w.values + c * a.size + d, halves(from + static_cast<std::size_t>(d) * 2));
    }
  }
  const bool in_a_row = count == kTileCells && cells[kTileCells - 1] - cells[0] == kTileCells - 1;
  for (std::int64_t row = 0; row < w.rows(); ++row) {
    const std::byte* from = a.mask + static_cast<std::size_t>(w.group.first + row) * a.mask_row;
    float* to = w.mask + row * kTileCells;
    for (std::int64_t c = 0; in_a_row && c < kTileCells; c += 16)
      _mm512_store_ps(to + c, halves(from + static_cast<std::size_t>(cells[c]) * 2));
    for (std::int64_t c = 0; !in_a_row && c < kTileCells; ++c) {
      const auto value = reinterpret_cast<const std::uint16_t*>(from)[cells[c]];
      to[c] = c < count ? _cvtsh_ss(value) : -std::numeric_limits<float>::infinity();
    }
  }
}

// scores = queries x keys for `Count` queries and a whole tile.
template <int Count>
void score(const Work& w, std::int64_t q) {
  __m512 sums[Count][4];
#pragma GCC unroll 4
  for (int i = 0; i < Count; ++i) {
    for (int j = 0; j < 4; ++j) sums[i][j] = _mm512_setzero_ps();
  }
  const float* queries = w.queries + q * w.a.size;
  for (std::int64_t d = 0; d < w.a.size; ++d) {
    const float* keys = w.keys + d * kTileCells;
    const __m512 k[4] = {_mm512_load_ps(keys), _mm512_load_ps(keys + 16), _mm512_load_ps(keys + 32),
                         _mm512_load_ps(keys + 48)};
#pragma GCC unroll 4
    for (int i = 0; i < Count; ++i) {
      const __m512 x = _mm512_set1_ps(queries[i * w.a.size + d]);
      for (int j = 0; j < 4; ++j) sums[i][j] = _mm512_fmadd_ps(x, k[j], sums[i][j]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < Count; ++i) {
    for (int j = 0; j < 4; ++j) _mm512_store_ps(w.scores + (q + i) * kTileCells + 16 * j, sums[i][j]);
  }
}

// Scores become weights; what was summed before is scaled to the new maximum.
void soften(const Work& w, std::int64_t q) {
  float* scores = w.scores + q * kTileCells;
  const float* mask = w.mask + q / w.heads * kTileCells;
  __m512 s[4];
  for (int j = 0; j < 4; ++j) s[j] = _mm512_add_ps(_mm512_load_ps(scores + 16 * j), _mm512_load_ps(mask + 16 * j));
  const float highest = _mm512_reduce_max_ps(_mm512_max_ps(_mm512_max_ps(s[0], s[1]), _mm512_max_ps(s[2], s[3])));
  if (highest == -std::numeric_limits<float>::infinity()) {
    for (int j = 0; j < 4; ++j) _mm512_store_ps(scores + 16 * j, _mm512_setzero_ps());
    return;
  }
  if (highest > w.most[q]) {
    const float shrink = std::exp(w.most[q] - highest);  // 0 the first time
    float* sums = w.sums + q * w.a.size;
    for (std::int64_t d = 0; d < w.a.size; d += 16)
      _mm512_store_ps(sums + d, _mm512_mul_ps(_mm512_load_ps(sums + d), _mm512_set1_ps(shrink)));
    w.weight[q] *= shrink;
    w.most[q] = highest;
  }
  __m512 sum = _mm512_setzero_ps();
  for (int j = 0; j < 4; ++j) {
    const __m512 weight = exp_of(_mm512_sub_ps(s[j], _mm512_set1_ps(w.most[q])));
    _mm512_store_ps(scores + 16 * j, weight);
    sum = _mm512_add_ps(sum, weight);
  }
  w.weight[q] += _mm512_reduce_add_ps(sum);
}

// sums += weights x values for `Count` queries and 64 columns from `d` on.
template <int Count>
void add_values(const Work& w, std::int64_t q, std::int64_t d, std::int64_t count) {
  float* to = w.sums + q * w.a.size + d;
  __m512 sums[Count][4];
#pragma GCC unroll 4
  for (int i = 0; i < Count; ++i) {
    for (int j = 0; j < 4; ++j) sums[i][j] = _mm512_load_ps(to + i * w.a.size + 16 * j);
  }
  for (std::int64_t c = 0; c < count; ++c) {
    const float* values = w.values + c * w.a.size + d;
    const __m512 v[4] = {_mm512_load_ps(values), _mm512_load_ps(values + 16), _mm512_load_ps(values + 32),
                         _mm512_load_ps(values + 48)};
#pragma GCC unroll 4
    for (int i = 0; i < Count; ++i) {
      const __m512 x = _mm512_set1_ps(w.scores[(q + i) * kTileCells + c]);
      for (int j = 0; j < 4; ++j) sums[i][j] = _mm512_fmadd_ps(x, v[j], sums[i][j]);
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < Count; ++i) {
    for (int j = 0; j < 4; ++j) _mm512_store_ps(to + i * w.a.size + 16 * j, sums[i][j]);
  }
}

template <int Count>
void some_queries(const Work& w, std::int64_t q, std::int64_t count) {
  score<Count>(w, q);
  for (int i = 0; i < Count; ++i) soften(w, q + i);
  for (std::int64_t d = 0; d < w.a.size; d += 64) add_values<Count>(w, q, d, count);
}

void give_out(const Work& w) {
  for (std::int64_t q = 0; q < w.n_queries; ++q) {
    float* to = at(w.a.out, w.row_of(q) * w.a.out_row + w.head_of(q) * w.a.out_head);
    const __m512 inverse = _mm512_set1_ps(w.weight[q] > 0 ? 1 / w.weight[q] : 0);
    for (std::int64_t d = 0; d < w.a.size; d += 16)
      _mm512_storeu_ps(to + d, _mm512_mul_ps(_mm512_load_ps(w.sums + q * w.a.size + d), inverse));
  }
}

}  // namespace

bool attends(std::int64_t head_size) { return head_size % 64 == 0 && head_size > 0 && head_size <= kSizeMax; }

std::int64_t words_of(std::int64_t n_cells) { return (n_cells + 63) / 64; }

void find_seen(const Attention& attention, std::int64_t row, std::uint64_t* seen) {
  const std::byte* mask = attention.mask + static_cast<std::size_t>(row) * attention.mask_row;
  const __m512i minus_infinity = _mm512_set1_epi16(static_cast<short>(0xFC00));
  for (std::int64_t cell = 0; cell < attention.n_cells; cell += 64, ++seen) {
    std::uint64_t bits = 0;
    for (std::int64_t half = 0; half < 2; ++half) {
      const std::int64_t begin = cell + 32 * half;
      const std::int64_t left = attention.n_cells - begin;
      if (left <= 0) break;
      const __mmask32 there = left >= 32 ? 0xFFFFFFFFU : (1U << static_cast<unsigned>(left)) - 1U;
      const __m512i values = _mm512_maskz_loadu_epi16(there, mask + static_cast<std::size_t>(begin) * 2);
      bits |= std::uint64_t{_mm512_mask_cmpneq_epi16_mask(there, values, minus_infinity)}
              << static_cast<unsigned>(32 * half);
    }
    *seen = bits;
  }
}

RowGroup group_from(const Attention& attention, const std::uint64_t* seen, std::int64_t first,
                    std::uint64_t* together) {
  const std::int64_t words = words_of(attention.n_cells);
  const std::int64_t most = std::max<std::int64_t>(1, kQueries / (attention.n_heads / attention.n_key_heads));
  std::copy_n(seen + first * words, words, together);
  RowGroup group{first, first + 1};
  while (group.end < attention.n_rows && group.end - first < most) {
    const std::uint64_t* next = seen + group.end * words;
    int fresh = 0;
    for (std::int64_t i = 0; i < words; ++i) fresh += std::popcount(next[i] & ~together[i]);
    if (fresh > kNewCells) break;
    for (std::int64_t i = 0; i < words; ++i) together[i] |= next[i];
    ++group.end;
  }
  return group;
}

std::size_t scratch_bytes(std::int64_t n_cells, std::int64_t head_size) {
  // As lay_out() takes them; a key head shared by more heads than kQueries is not computed here.
  const std::int64_t floats = 2 * kQueries * head_size + 2 * kTileCells * head_size + 2 * kQueries * kTileCells +
                              2 * kQueries + n_cells + kTileCells;
  return static_cast<std::size_t>(floats) * sizeof(float) + 16 * 64;
}

void attend(const Attention& attention, const std::uint64_t* seen, const RowGroup& group, std::int64_t key_head,
            std::byte* scratch) {
  Work w = lay_out(attention, group, key_head, scratch);
  take_queries(w);
  const std::int64_t n_cells = list_cells(w, seen);
  for (std::int64_t begin = 0; begin < n_cells; begin += kTileCells) {
    const std::int64_t count = std::min(kTileCells, n_cells - begin);
    unpack(w, begin, count);
    std::int64_t q = 0;
    for (; q + 4 <= w.n_queries; q += 4) some_queries<4>(w, q, count);
    switch (w.n_queries - q) {
      case 3: some_queries<3>(w, q, count); break;
      case 2: some_queries<2>(w, q, count); break;
      case 1: some_queries<1>(w, q, count); break;
      default: break;
    }
  }
  give_out(w);
}

}  // namespace hearth::llama

#else

namespace hearth::llama {

bool attends(std::int64_t) { return false; }
std::int64_t words_of(std::int64_t n_cells) { return (n_cells + 63) / 64; }
void find_seen(const Attention&, std::int64_t, std::uint64_t*) {}
RowGroup group_from(const Attention&, const std::uint64_t*, std::int64_t first, std::uint64_t*) {
  return {first, first + 1};
}
std::size_t scratch_bytes(std::int64_t, std::int64_t) { return 0; }
void attend(const Attention&, const std::uint64_t*, const RowGroup&, std::int64_t, std::byte*) {}

}  // namespace hearth::llama

#endif
