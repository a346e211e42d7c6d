// Reads memory as fast as one thread can.
#pragma once

#include <cstddef>
#include <cstdint>

namespace hearth {

// Touches every byte of `memory` (whole 256-byte steps) once, in order; the value depends on all of them.
[[nodiscard]] std::uint64_t read_all(const std::byte* memory, std::size_t bytes);

}  // namespace hearth
