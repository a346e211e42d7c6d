// How many layers of a model the chosen GPUs hold.
#pragma once

#include <llama.h>

#include <string>

#include "hearth/sdk/host.h"

namespace hearth::llama {

// The largest n_gpu_layers whose weights, KV cache of a usual context and compute buffers fit into what the devices
// have free now; -1 when everything fits or llama.cpp doesn't tell its memory. Reads headers only, a few dozen ms a
// probe.
int gpu_layers_that_fit(const sdk::Host& host, const std::string& path, llama_model_params params);

}  // namespace hearth::llama
