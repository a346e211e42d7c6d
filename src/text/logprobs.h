// How probable the model found a token, and which others it thought of.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "domain/token_event.h"

namespace hearth {

struct TokenLogprob {
  Token token = -1;
  float logprob = 0;
};

struct StepLogprobs {
  TokenLogprob chosen;
  std::vector<TokenLogprob> top;  // most probable first; of equals the lower token first
};

// log-softmax of raw logits [n_vocab], before penalties, bias and temperature, as the OpenAI API defines logprobs.
// NaN counts as minus infinity. `count` is cut to n_vocab; `chosen` must be in range. Cost: one pass and a small heap.
[[nodiscard]] StepLogprobs top_logprobs(std::span<const float> logits, Token chosen, std::uint32_t count);

}  // namespace hearth
