// Opens tensor runtimes of this build and runs models on numbers that are the same everywhere.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "plugin_host/registry.h"
#include "plugin_host/tensor_model.h"

namespace hearth::tensor_tests {

[[nodiscard]] RegistryOptions registry_options();
// Whether the runtime was built and can run here; `why` says why not.
[[nodiscard]] bool is_here(RuntimeRegistry& registry, const std::string& runtime, std::string& why);
// The path of a file under shared/models; empty when it is not on this machine.
[[nodiscard]] std::string shared_model(const std::string& name);

struct Loaded {
  std::shared_ptr<TensorModel> model;
  std::shared_ptr<TensorSession> session;
  std::unique_ptr<TensorRequest> request;
};
// Loads, compiles, binds memory to every input and fills it with a fixed pattern of [0, scale).
Result<Loaded> open_model(const std::shared_ptr<Runtime>& runtime, const LoadOptions& load,
                          const TensorOptions& options = {}, float scale = 255.0F);
void fill_pattern(const TensorView& view, float scale);
// One output as floats, whatever its type.
Result<std::vector<float>> floats_of(const TensorView& view);

}  // namespace hearth::tensor_tests
