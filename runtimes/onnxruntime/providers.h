// ONNX Runtime's execution providers: the names Hearth gives them and whether they are really here.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "hearth/sdk/devices.h"
#include "ort_library.h"

namespace hearth::onnxruntime {

// One row of the table of providers.
struct Provider {
  const char* device;  // id in --device
  const char* name;    // as ONNX Runtime lists it
  const char* append;  // name for SessionOptions::AppendExecutionProvider; "" where the provider has a call of its own
  const char* kind;    // of describe: "cpu", "gpu", "npu"
  const char* about;
};

[[nodiscard]] std::span<const Provider> provider_table();
// Rows whose provider this library holds, with "cpu" first; empty without a library.
[[nodiscard]] std::vector<const Provider*> available_providers();
[[nodiscard]] std::vector<sdk::Device> provider_devices();
// The row of a device id; null when there is none.
[[nodiscard]] const Provider* provider_of_device(const std::string& device);

// Adds the provider with its options, text by key; `cache_dir` is where engines are kept, may be empty.
// Throws UNAVAILABLE where the provider can't start.
void append_provider(Ort::SessionOptions& options, const Provider& provider, const nlohmann::json& provider_options,
                     const std::string& cache_dir);

}  // namespace hearth::onnxruntime
