// Stage 2: what a text asks for, by an int8 network of one hidden layer on one core.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "router/intent_classifier.h"
#include "router/intent_weights.h"

namespace hearth {

using IntentHiddenLayer = std::array<float, kIntentHidden>;
using IntentLogits = std::array<float, kIntentOutputs>;

// Immutable and thread-safe. Borrows the bytes of the weights. A call costs some 10 us for a short text and at most
// about 150 us for any text, takes 80 KB of stack and allocates nothing.
class IntentModel final : public IntentClassifier {
 public:
  explicit IntentModel(IntentWeights weights) : weights_(std::move(weights)), head_(weights_.head()) {}
  // The same trunk under another last layer, as a user's examples made it.
  IntentModel(IntentWeights weights, const IntentHead& head) : weights_(std::move(weights)), head_(head) {}

  [[nodiscard]] IntentVerdict classify(const RouteRequest& request, const RouteFeatures& features) const override;
  // Verdicts of many requests; `requests`, `features` and `out` have one length. Keeps the tables warm in the caches.
  void classify(std::span<const RouteRequest> requests, std::span<const RouteFeatures> features,
                std::span<IntentVerdict> out) const;

  // The hidden layer of a text, at least 0: what the last layer sees, and a learner learns on.
  void read_hidden(const RouteRequest& request, std::uint64_t n_chars, IntentHiddenLayer& out) const;
  [[nodiscard]] IntentVerdict verdict_of(const IntentHiddenLayer& hidden) const;

  [[nodiscard]] const IntentWeights& weights() const { return weights_; }
  [[nodiscard]] const IntentHead& head() const { return head_; }

 private:
  IntentWeights weights_;
  IntentHead head_;
};

// The last layer's outputs, before temperature and softmax.
[[nodiscard]] IntentLogits logits_of(const IntentHead& head, const IntentHiddenLayer& hidden);

}  // namespace hearth
