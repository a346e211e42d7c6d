// Refusing what would make the system end the process: an operating system grants memory that it does not have.
#pragma once

#include <string>

#include "memory_ledger.h"

namespace hearth::llama {

// Throws DOES_NOT_FIT when llama.cpp's tables for so many cells alone would not fit, before it makes them.
void check_room_for_cells(std::uint64_t n_ctx);

// Throws DOES_NOT_FIT when a context with these options would take more RAM than is there. Costs nothing for contexts
// that are small against it, and reading the file's header again for the others.
void check_room_for_context(const llama_model* model, const sdk::LoadOptions& load, const sdk::TextOptions& text);

// The same for a model's weights, without those that are only mapped. `tensor_bytes` as its header adds them up.
void check_room_for_weights(const sdk::LoadOptions& load, std::uint64_t tensor_bytes);

}  // namespace hearth::llama
