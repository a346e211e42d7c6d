// Hearth's options as llama.cpp's parameters.
#pragma once

#include <llama.h>

#include <string>
#include <vector>

#include "backends.h"
#include "hearth/sdk/options.h"

namespace hearth::llama {

// The keys of LoadOptions::extra.
std::vector<sdk::Key> extra_keys();

// llama_model_params with the arrays that it points into. Moving keeps them valid.
struct ModelParameters {
  llama_model_params params{};
  std::vector<ggml_backend_dev_t> devices;  // null-terminated
  std::vector<float> tensor_split;
  bool huge_pages = false;
  std::vector<std::string> missing_devices;  // asked for, not there, allowed by the fallback
};

// Throws INVALID_ARGUMENT, INVALID_DATA or UNAVAILABLE (a device that is not there).
ModelParameters model_parameters(const sdk::LoadOptions& options);

// What the model was loaded with and its contexts need.
struct ContextDefaults {
  std::uint32_t n_threads = 0;  // 0: all that the process may use
  bool swa_full = false;
};
ContextDefaults context_defaults(const sdk::LoadOptions& options);

// Throws INVALID_ARGUMENT naming the option that llama.cpp can't take.
llama_context_params context_parameters(const sdk::TextOptions& options, const ContextDefaults& defaults);

// llama.cpp's name of a pooling, as TextOptions::pooling has it.
const char* pooling_name(enum llama_pooling_type pooling);

}  // namespace hearth::llama
