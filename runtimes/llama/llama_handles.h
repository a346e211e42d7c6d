// llama.cpp's handles with owners, and the calls that make them with errors instead of null.
#pragma once

#include <llama.h>

#include <memory>
#include <string>

#include "hearth/sdk/error.h"

namespace hearth::llama {

struct ModelDeleter {
  void operator()(llama_model* model) const { llama_model_free(model); }
};
struct ContextDeleter {
  void operator()(llama_context* context) const { llama_free(context); }
};
struct AdapterDeleter {
  void operator()(llama_adapter_lora* adapter) const { llama_adapter_lora_free(adapter); }
};
using ModelHandle = std::unique_ptr<llama_model, ModelDeleter>;
using ContextHandle = std::unique_ptr<llama_context, ContextDeleter>;
using AdapterHandle = std::unique_ptr<llama_adapter_lora, AdapterDeleter>;

// Loads `path`, whose header was checked. Throws INVALID_DATA, UNSUPPORTED (an architecture that llama.cpp doesn't
// know) or OUT_OF_MEMORY; returns null when the progress callback stopped it.
ModelHandle load_model(const std::string& path, const llama_model_params& params);

// Throws OUT_OF_MEMORY, or INVALID_ARGUMENT with what llama.cpp has against the options.
ContextHandle make_context(llama_model* model, const llama_context_params& params);

}  // namespace hearth::llama
