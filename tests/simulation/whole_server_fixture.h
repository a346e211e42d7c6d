// Hours of a whole simulated server, by seed.
#pragma once

#include <cstdint>

#include "sim/whole_server.h"

namespace hearth {

// The shipped policy and ladder over targets of all kinds, on one of three machines; the seed says which.
[[nodiscard]] WholeServerRun simulate_server(std::uint64_t seed);
// One hour for each seed of [first, last): nothing may be violated, and everything has to have happened at least once.
void expect_promises_kept(std::uint64_t first, std::uint64_t last);

}  // namespace hearth
