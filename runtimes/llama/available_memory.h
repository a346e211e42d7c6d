// How much memory the process can still get.
#pragma once

#include <cstdint>
#include <optional>

namespace hearth::llama {

// What the system says is there without swapping, within the limit of the process's control group; absent where it
// can't be told. ggml reports all memory of the machine as free.
std::optional<std::uint64_t> available_memory_bytes();

}  // namespace hearth::llama
