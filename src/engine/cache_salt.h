// Names for everything beside the tokens that changes cached values.
#pragma once

#include <string_view>

#include "schedule/prefix_index.h"

namespace hearth {

// SHA-256 of a text.
[[nodiscard]] CacheSalt salt_of(std::string_view text);
// `base` with more in it; the same for the same `digest`. An empty digest changes nothing.
[[nodiscard]] CacheSalt salted(const CacheSalt& base, std::string_view digest);

}  // namespace hearth
