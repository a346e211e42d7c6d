// Where llama.cpp keeps which bytes, by component: of a live context, or of one that was only planned.
#pragma once

#include <llama.h>

#include <cstdint>
#include <string>
#include <vector>

#include "hearth/sdk/memory.h"
#include "parameters.h"

namespace hearth::llama {

// Whether the library at hand tells its memory by component: llama-ext.h is no stable interface, so the running library
// must be the version the header came from.
bool tells_memory();
// The sentence for the error and the log where tells_memory() is false.
std::string why_memory_is_untold();

// Bytes of a context by component, its model's weights apart.
struct ContextMemory {
  sdk::MemoryItems weights;
  sdk::MemoryItems state;  // kv_cache, recurrent_state, compute
};

// Of a live or a planned (no_alloc) context. `recurrent` as recurrent_state() gave it. Costs microseconds.
ContextMemory context_memory(const llama_context* context, const sdk::MemoryItems& recurrent);

// The recurrent state in a context: empty for models without. Builds a graph, so call it before the first decode.
sdk::MemoryItems recurrent_state(llama_context* context);

// The buffer that logits and embeddings are read from, which llama.cpp does not count, for `n_rows` rows.
sdk::MemoryItem output_memory(const llama_context* context, bool embeddings, std::uint64_t n_rows);

// Bytes for these options, without reading weights or allocating them. Throws as load does; UNSUPPORTED where
// tells_memory() is false.
sdk::MemoryItems estimate_memory(const sdk::LoadOptions& load, const sdk::TextOptions& text);

// Adds items of the same device, buffer kind and component up, in the order in which they first come.
sdk::MemoryItems merged(const sdk::MemoryItems& items);

}  // namespace hearth::llama
