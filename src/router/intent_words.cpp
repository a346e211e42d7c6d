#include "router/intent_words.h"

#include <algorithm>
#include <cmath>

#include "router/intent_features.h"

namespace hearth {
namespace {

// FNV-1a over code points; pieces inside a word begin from another basis than those that open it.
constexpr std::uint64_t kFnvBasis64 = 0xCBF29CE484222325U;
constexpr std::uint64_t kInsideBasis64 = 0x9AE16A3B2F90404FU;
constexpr std::uint64_t kFnvPrime64 = 0x100000001B3U;

// The first words each have a place of their own; further ones share theirs.
std::uint8_t place_of(std::size_t distance) {
  if (distance < 8) return static_cast<std::uint8_t>(distance);
  if (distance < 12) return 8;
  return distance < 18 ? 9 : 10;
}

struct FoundPiece {
  std::uint32_t id = IntentWeights::kNoPiece;
  std::size_t end = 0;
};

// The longest known piece that begins at `start` of a word.
FoundPiece longest_piece(const IntentWeights& weights, std::span<const char32_t> word, std::size_t start) {
  std::uint64_t h = start == 0 ? kFnvBasis64 : kInsideBasis64;
  FoundPiece best{IntentWeights::kNoPiece, start + 1};
  for (std::size_t i = start; i < word.size(); ++i) {
    h = (h ^ static_cast<std::uint64_t>(word[i])) * kFnvPrime64;
    if (const auto piece = weights.find_piece(h); piece != IntentWeights::kNoPiece) best = {piece, i + 1};
  }
  return best;
}

using WordRow = std::array<float, kWordDim>;
using Scores = std::array<float, kWordHeads>;

// One piece with its neighbours: what each tap's table says, summed, scaled and cut off at 0.
WordRow seen_with_neighbours(const IntentWeights& weights, const WordPieces& pieces, std::size_t t) {
  std::array<std::int32_t, kWordDim> sum{};
  const auto add = [&](std::size_t at, std::size_t tap) {
    const std::int8_t* row = weights.word(pieces.ids[at], tap);
    for (std::size_t c = 0; c < kWordDim; ++c) sum[c] += row[c];
  };
  if (t > 0) add(t - 1, 0);
  add(t, 1);
  if (t + 1 < pieces.n) add(t + 1, 2);
  WordRow out;
  for (std::size_t c = 0; c < kWordDim; ++c)
    out[c] = std::max(0.0F, static_cast<float>(sum[c]) * weights.word_scale()[c] + weights.word_bias()[c]);
  return out;
}

Scores scores_of(const IntentWeights& weights, const WordRow& row, std::size_t start, std::size_t end) {
  Scores out;
  for (std::size_t h = 0; h < kWordHeads; ++h) out[h] = weights.start_bias()[start][h] + weights.end_bias()[end][h];
  for (std::size_t c = 0; c < kWordDim; ++c)
    for (std::size_t h = 0; h < kWordHeads; ++h) out[h] += row[c] * weights.attention()[c][h];
  return out;
}

}  // namespace

void read_word_pieces(const IntentWeights& weights, const TokenFlow& tokens, WordPieces& out) {
  out.n = 0;
  for (std::size_t t = 0; t < tokens.n_tokens; ++t) {
    if (tokens.segment(t) == kMiddleSegment) continue;
    const auto word = tokens.token(t);
    for (std::size_t start = 0; start < word.size();) {
      if (out.n == kWordPiecesMax) return;
      const auto found = longest_piece(weights, word, start);
      start = found.end;
      if (found.id == IntentWeights::kNoPiece) continue;
      out.ids[out.n] = static_cast<std::uint16_t>(found.id);
      out.from_start[out.n] = place_of(t);
      out.from_end[out.n] = place_of(tokens.n_tokens - 1 - t);
      ++out.n;
    }
  }
}

void pool_words(const IntentWeights& weights, const WordPieces& pieces, float* out) {
  std::fill_n(out, kWordInputs, 0.0F);
  std::array<WordRow, kWordPiecesMax> rows;
  std::array<Scores, kWordPiecesMax> shares;
  Scores highest;
  highest.fill(-INFINITY);
  for (std::size_t t = 0; t < pieces.n; ++t) {
    rows[t] = seen_with_neighbours(weights, pieces, t);
    shares[t] = scores_of(weights, rows[t], pieces.from_start[t], pieces.from_end[t]);
    for (std::size_t h = 0; h < kWordHeads; ++h) highest[h] = std::max(highest[h], shares[t][h]);
  }
  Scores total{};
  for (std::size_t t = 0; t < pieces.n; ++t)
    for (std::size_t h = 0; h < kWordHeads; ++h) total[h] += shares[t][h] = std::exp(shares[t][h] - highest[h]);
  float* const most = out + kWordHeads * kWordDim;
  for (std::size_t t = 0; t < pieces.n; ++t) {
    for (std::size_t h = 0; h < kWordHeads; ++h) {
      const float share = shares[t][h] / total[h];
      for (std::size_t c = 0; c < kWordDim; ++c) out[h * kWordDim + c] += share * rows[t][c];
    }
    for (std::size_t c = 0; c < kWordDim; ++c) most[c] = std::max(most[c], rows[t][c]);
  }
}

void read_signals(const IntentWeights& weights, const TokenFlow& tokens, float* out) {
  // A list counts in full from so many of its words on. Source: our choice, the same as text_features.py.
  constexpr std::array<float, kSignalLists> kFull = {2, 2, 2, 6, 2, 3};
  constexpr float kFullNumbers = 6;
  std::array<float, kSignalLists> counts{};
  float numbers = 0;
  for (std::size_t t = 0; t < tokens.n_tokens; ++t) {
    const auto word = tokens.token(t);
    if (word[0] == U'0') ++numbers;  // digits are folded to 0
    if (const auto list = weights.signal_of(word_hash(word)); list < kSignalLists) ++counts[list];
  }
  for (std::size_t i = 0; i < kSignalLists; ++i) out[i] = std::min(1.0F, counts[i] / kFull[i]);
  out[kSignalLists] = std::min(1.0F, numbers / kFullNumbers);
  out[kSignalLists + 1] = std::min(1.0F, std::log2(1 + static_cast<float>(tokens.n_tokens)) / 11);
}

}  // namespace hearth
