// ggml's backends: loading them once, listing their devices, choosing among them.
#pragma once

#include <ggml-backend.h>

#include <string>
#include <vector>

#include "hearth/sdk/devices.h"
#include "hearth/sdk/host.h"
#include "hearth/sdk/options.h"

namespace hearth::llama {

// Loads every ggml backend that fits this machine; the first call of the process does it. `host` lives for good.
// Backends are looked for beside the library that holds llama.cpp, then where ggml looks by itself.
void load_backends(const sdk::Host& host);

// "cpu" for the processor, else ggml's name of the device ("CUDA0", "Vulkan1").
std::string device_id(ggml_backend_dev_t device);
// Where a buffer of this type lies. Pinned host memory of a GPU backend is RAM, hence "cpu".
std::string device_id(ggml_backend_buffer_type_t type);

std::vector<sdk::Device> list_devices();

// The accelerators a request comes to. Empty = everything on the processor.
struct ChosenDevices {
  std::vector<ggml_backend_dev_t> offload;
  std::vector<std::string> missing;  // asked for and not there, where the request allows that
};

// Throws UNAVAILABLE, naming what is there, when a device asked for is not there and the request allows no fallback.
ChosenDevices choose_offload_devices(const sdk::LoadOptions& options);

}  // namespace hearth::llama
