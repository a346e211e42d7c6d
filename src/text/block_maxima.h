// The largest logit of each block of a row, so that a sampler looks only into the blocks that matter.
#pragma once

#include <cstddef>
#include <span>

namespace hearth {

inline constexpr std::size_t kLogitBlock = 256;

// How many blocks a row of so many logits has; the last may be shorter.
constexpr std::size_t logit_blocks(std::size_t n_logits) { return (n_logits + kLogitBlock - 1) / kLogitBlock; }

// maxima: [logit_blocks(logits.size())], overwritten. NaN counts as minus infinity.
void block_maxima(std::span<const float> logits, std::span<float> maxima);

}  // namespace hearth
