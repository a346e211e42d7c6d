// Picks the next token from a row of logits.
#pragma once

#include <cstdint>
#include <deque>
#include <random>
#include <span>
#include <unordered_map>
#include <vector>

#include "domain/token_event.h"

namespace hearth {

// One request's sampler: bias, a constraint's mask, penalties, top-k, top-p, min-p, temperature, draw, in that order.
// Source of the order: llama.cpp's default sampler chain, which users' settings are tuned on.
// Same seed, same logits: same tokens, on every platform. Externally synchronised. Allocates only in the first calls.
class Sampler {
 public:
  explicit Sampler(const SamplingOptions& options);

  // logits: [n_vocab], at least 1; values that are NaN count as minus infinity.
  // allowed: empty, or a bit for each token (ConstraintMatcher::fill), of which one at least is set: then only those
  // tokens are picked, whatever their logits.
  [[nodiscard]] Token sample(std::span<const float> logits, std::span<const std::int32_t> allowed = {});
  // Tells the penalties what was said, prompt tokens included.
  void accept(Token token);

 private:
  struct Candidate {
    Token token;
    float logit;
  };
  void collect(std::span<const float> logits);
  bool collect_from_blocks(std::span<const float> logits, std::size_t k);
  void adjust(std::span<const float> logits, std::span<const std::int32_t> allowed);
  void penalize();
  [[nodiscard]] Token draw();
  void keep_top_p(double total);
  [[nodiscard]] bool has_penalties() const;
  double uniform();

  SamplingOptions options_;
  std::mt19937_64 random_;
  std::deque<Token> recent_;                    // the last penalty_last_n tokens
  std::unordered_map<Token, unsigned> counts_;  // how often each stands in recent_
  std::vector<float> adjusted_;
  std::vector<float> block_maxima_, ordered_maxima_;
  std::vector<Candidate> candidates_;
};

// The index of the largest value; NaN counts as minus infinity; the first of equals. logits must not be empty.
[[nodiscard]] Token argmax(std::span<const float> logits);

}  // namespace hearth
