// Vectors of tokens made into one vector of the text.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/encoder_bundle.h"

namespace hearth {

// `values`: [tokens, size], row-major; the first `n_tokens` rows are tokens, the rest padding. At least one token.
[[nodiscard]] std::vector<float> pooled(std::span<const float> values, std::size_t size, std::size_t n_tokens,
                                        Pooling pooling);

// Keeps the first `size` values where it is given, then makes the length 1 where `normalize`; a vector of zeros stays.
void finish_vector(std::vector<float>& vector, std::optional<std::uint32_t> size, bool normalize);

// Of two vectors of one size; 0 where one of them has no length.
[[nodiscard]] float cosine(std::span<const float> a, std::span<const float> b);

}  // namespace hearth
