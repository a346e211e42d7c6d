// Refuses what can't fit, with numbers and a way out, before anything is loaded.
#pragma once

#include <cstdint>

#include "domain/memory.h"
#include "domain/runtime_info.h"
#include "formats/gguf.h"
#include "hearth/result.h"

namespace hearth {

// Before a runtime is asked: weights plus the least a KV cache of options.n_ctx tokens can take must be below
// `available_bytes`. Catches contexts so large that a runtime's own arithmetic would overflow.
[[nodiscard]] Status check_lower_bound(const GgufFile& header, const TextOptions& options,
                                       std::uint64_t available_bytes);

// The runtime's own estimate against the same budget. File-backed weights count in full: a model whose weights don't
// stay in memory is read from the disk again for every token.
[[nodiscard]] Status check_estimate(const MemoryBreakdown& estimate, const TextOptions& options,
                                    std::uint64_t available_bytes);

}  // namespace hearth
