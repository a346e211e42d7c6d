// What stage 2 reads in word order: the pieces of a text's edges, each seen with its two neighbours, pooled by
// attention and by maximum. The same as tools/train/router/text_features.py and export.py.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "router/intent_text.h"
#include "router/intent_weights.h"

namespace hearth {

// More pieces than two edges of ordinary words hold; a hostile text's further ones are passed over.
inline constexpr std::size_t kWordPiecesMax = 128;

// Known word pieces in the order of the text, and how far their word stands from its beginning and its end.
struct WordPieces {
  std::array<std::uint16_t, kWordPiecesMax> ids;
  std::array<std::uint8_t, kWordPiecesMax> from_start, from_end;  // buckets below kPlaceBuckets
  std::size_t n = 0;
};

// The longest known pieces of each word of the edges, left to right; a character that begins none is passed over.
void read_word_pieces(const IntentWeights& weights, const TokenFlow& tokens, WordPieces& out);

// Writes kWordInputs figures: kWordHeads attention-weighted means of kWordDim each, then the maximum over the text.
// All 0 without a piece. Takes 34 KB of stack.
void pool_words(const IntentWeights& weights, const WordPieces& pieces, float* out);

// Writes kSignalCount figures in 0..1: how many words of each list of the weights the window holds, numbers, and
// length.
void read_signals(const IntentWeights& weights, const TokenFlow& tokens, float* out);

}  // namespace hearth
