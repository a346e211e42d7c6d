// Memory that a process has or had.
#pragma once

#include <cstdint>

#include "hearth/result.h"

namespace hearth {

// The largest resident set the process had so far; pid 0 is this process. kUnavailable where it can't be read.
[[nodiscard]] Result<std::uint64_t> peak_rss_bytes(int pid);

// Pages that the allocator keeps though nothing uses them go back to the system. Where that can be asked for.
void give_back_free_memory();

}  // namespace hearth
