#include "router/intent_model.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "router/intent_words.h"

namespace hearth {
namespace {

// Sums of int8 rows by segment. int32: a window has fewer than 2^14 n-grams, so a sum stays below 2^21.
template <std::size_t N>
struct Bags {
  std::array<std::array<std::int32_t, N>, kIntentSegments> sums{};
  std::array<std::uint32_t, kIntentSegments> counts{};

  void add(const std::int8_t* row, std::size_t segment) {
    auto& sum = sums[segment];
    for (std::size_t i = 0; i < N; ++i) sum[i] += row[i];
    ++counts[segment];
  }
  // Each bag by the root of its count, so that long texts are neither louder nor fainter than short ones.
  float* write(float scale, float* out) const {
    for (std::size_t s = 0; s < kIntentSegments; ++s) {
      const float factor = scale / std::sqrt(static_cast<float>(std::max(1U, counts[s])));
      for (std::size_t i = 0; i < N; ++i) *out++ = static_cast<float>(sums[s][i]) * factor;
    }
    return out;
  }
};

void add_ngrams(const IntentWeights& weights, const TokenFlow& tokens, Bags<kNgramDim>& bags) {
  const auto add = [&](std::uint32_t hash, std::size_t segment) { bags.add(weights.ngram(hash), segment); };
  for_each_word_ngram(tokens, add);
  for_each_char_ngram(tokens, add);
}

using Inputs = std::array<float, kIntentInputs>;

void hidden_layer(const IntentWeights& weights, const Inputs& inputs, IntentHiddenLayer& out) {
  out.fill(0);
  for (std::size_t i = 0; i < kIntentInputs; ++i) {
    const float x = inputs[i];
    if (x == 0) continue;  // an empty bag of a short text: half of the inputs
    const std::int8_t* row = weights.hidden_of_input(i);
    for (std::size_t h = 0; h < kIntentHidden; ++h) out[h] += x * static_cast<float>(row[h]);
  }
  for (std::size_t h = 0; h < kIntentHidden; ++h)
    out[h] = std::max(0.0F, out[h] * weights.hidden_scale()[h] + weights.hidden_bias()[h]);
}

float sigmoid(float x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

IntentLogits logits_of(const IntentHead& head, const IntentHiddenLayer& hidden) {
  IntentLogits out{};
  for (std::size_t o = 0; o < kIntentOutputs; ++o) {
    float sum = head.bias[o];
    for (std::size_t h = 0; h < kIntentHidden; ++h) sum += head.weight[o][h] * hidden[h];
    out[o] = sum;
  }
  return out;
}

void IntentModel::read_hidden(const RouteRequest& request, std::uint64_t n_chars, IntentHiddenLayer& out) const {
  TextWindow window;
  read_window(request.text, window);
  TokenFlow tokens;
  read_tokens(window, tokens);
  Bags<kNgramDim> ngrams;
  add_ngrams(weights_, tokens, ngrams);
  WordPieces pieces;
  read_word_pieces(weights_, tokens, pieces);
  Inputs inputs;
  float* at = ngrams.write(weights_.ngram_scale(), inputs.data());
  pool_words(weights_, pieces, at);
  const auto dense = read_dense(request, n_chars, window);
  read_signals(weights_, tokens, std::copy(dense.begin(), dense.end(), at + kWordInputs));
  hidden_layer(weights_, inputs, out);
}

IntentVerdict IntentModel::verdict_of(const IntentHiddenLayer& hidden) const {
  const auto logits = logits_of(head_, hidden);
  IntentVerdict verdict;
  const float highest = *std::max_element(logits.begin(), logits.begin() + kIntentCount);
  float total = 0;
  for (std::size_t i = 0; i < kIntentCount; ++i) {
    verdict.probability[i] = std::exp((logits[i] - highest) / weights_.temperature());
    total += verdict.probability[i];
  }
  for (auto& p : verdict.probability) p /= total;
  const auto best = std::max_element(verdict.probability.begin(), verdict.probability.end());
  verdict.intent = static_cast<Intent>(best - verdict.probability.begin());
  verdict.confidence = *best;
  verdict.abstained = verdict.confidence < weights_.abstain_below();
  const float degrade = sigmoid(logits[kDegradeOutput]);
  verdict.degrade_ok = degrade >= 0.5F;
  verdict.degrade_confidence = degrade;
  verdict.difficulty = sigmoid(logits[kDifficultyOutput]);
  return verdict;
}

IntentVerdict IntentModel::classify(const RouteRequest& request, const RouteFeatures& features) const {
  IntentHiddenLayer hidden;
  read_hidden(request, features.n_chars, hidden);
  return verdict_of(hidden);
}

void IntentModel::classify(std::span<const RouteRequest> requests, std::span<const RouteFeatures> features,
                           std::span<IntentVerdict> out) const {
  assert(requests.size() == features.size() && requests.size() == out.size());
  for (std::size_t i = 0; i < requests.size(); ++i) out[i] = classify(requests[i], features[i]);
}

}  // namespace hearth
