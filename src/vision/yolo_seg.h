// The mask prototypes that -seg models have beside their rows.
#pragma once

#include <cstddef>
#include <optional>

#include "vision/head.h"

namespace hearth {

struct Prototypes {
  std::size_t output = 0;
  std::size_t n_masks = 0;  // K
  bool is_last = false;     // [N,h,w,K], else [N,K,h,w]
};

// The one of two outputs that has four dimensions with 32 or 64 prototypes at a quarter of the input.
[[nodiscard]] std::optional<Prototypes> find_prototypes(const GraphFacts& facts);

}  // namespace hearth
