// What stage 2 computes on beside words in their order (intent_words.h): bags of hashed n-grams by beginning and end of
// the text, and a few dense figures. The same as tools/train/router/text_features.py.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "domain/route.h"
#include "router/intent_text.h"

namespace hearth {

// In the order of the weights' rows; the names of text_features.py.
enum class DenseFeature : std::uint8_t {
  kHasImage,
  kHasAudio,
  kHasTools,
  kLogChars,
  kCodeScore,
  kCodeDensity,
  kFence,
  kJson,
  kQuestionEnd,
  kUrl,
  kNewlines,
  kDigitShare,
  kSymbolShare,
  kUpperShare,
  kNonAsciiShare,
  kQuotes,
  kColonEnd,
};
inline constexpr std::size_t kDenseFeatureCount = 17;
using DenseFeatures = std::array<float, kDenseFeatureCount>;

// Each in 0..1. `n_chars` is the whole text's length in code points. The flags are those of the request: evidence,
// which the weights count as little as they were taught.
[[nodiscard]] DenseFeatures read_dense(const RouteRequest& request, std::uint64_t n_chars, const TextWindow& window);

// fmix32 of MurmurHash3. Source: Austin Appleby's reference implementation, public domain.
[[nodiscard]] constexpr std::uint32_t mix_hash(std::uint32_t h) {
  h = (h ^ (h >> 16U)) * 0x85EBCA6BU;
  h = (h ^ (h >> 13U)) * 0xC2B2AE35U;
  return h ^ (h >> 16U);
}

inline constexpr std::uint32_t kFnvPrime32 = 0x01000193U;  // FNV-1a, here over code points
inline constexpr std::uint32_t kFnvBasis32 = 0x811C9DC5U;
inline constexpr std::uint32_t kGoldenRatio32 = 0x9E3779B1U;  // 2^32 by the golden ratio, next prime

[[nodiscard]] constexpr std::uint32_t word_hash(std::span<const char32_t> word) {
  std::uint32_t h = kFnvBasis32;
  for (const char32_t c : word) h = (h ^ static_cast<std::uint32_t>(c)) * kFnvPrime32;
  return h;
}

// Calls visit(hash, segment) for each word and each pair of words.
template <class Visit>
void for_each_word_ngram(const TokenFlow& tokens, Visit&& visit) {
  std::uint32_t previous = 0;
  for (std::size_t i = 0; i < tokens.n_tokens; ++i) {
    const std::uint32_t h = word_hash(tokens.token(i));
    if (const auto segment = tokens.segment(i); segment != kMiddleSegment) {
      visit(mix_hash(h), segment);
      if (i > 0) visit(mix_hash(previous * kGoldenRatio32 + h), segment);
    }
    previous = h;
  }
}

// Calls visit(hash, segment) for each run of 3, 4 and 5 characters of the flow, blanks included.
template <class Visit>
void for_each_char_ngram(const TokenFlow& tokens, Visit&& visit) {
  constexpr std::uint32_t kFirst = 3;
  constexpr std::uint32_t kLast = 5;
  std::size_t token = 0;
  for (std::size_t i = 0; i < tokens.n_flow && tokens.n_tokens > 0; ++i) {
    // A token's blank belongs to it; the final blank to the last.
    while (token + 1 < tokens.n_tokens && i + 1 >= tokens.starts[token + 1]) ++token;
    const auto segment = tokens.segment(token);
    if (segment == kMiddleSegment) continue;
    for (std::uint32_t order = kFirst; order <= kLast && i + order <= tokens.n_flow; ++order) {
      std::uint32_t h = order * kGoldenRatio32;
      for (std::uint32_t k = 0; k < order; ++k) h = (h ^ static_cast<std::uint32_t>(tokens.flow[i + k])) * kFnvPrime32;
      visit(mix_hash(h), segment);
    }
  }
}

}  // namespace hearth
