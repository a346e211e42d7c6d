// The llama.cpp runtime: GGUF language models on the processor and on whatever ggml has a backend for.
#include <ggml.h>

#include <algorithm>

#include "backends.h"
#include "cpu_kernels.h"
#include "hearth/abi/hearth_hints.h"
#include "hearth/sdk/plugin.h"
#include "llama_model.h"

namespace hearth::llama {

// Immutable once made; llama.cpp's own state of the process (backends, logger) is set up by the first.
class LlamaRuntime final : public sdk::Runtime {
 public:
  explicit LlamaRuntime(const sdk::Host& host) : host_(host) { load_backends(host); }

  [[nodiscard]] sdk::Description describe() const override {
    // Whose kernels compute is part of the version: cached cells of the one are not the other's.
    const bool own = own_kernels_in_use();
    std::vector<std::string> capabilities = {HEARTH_CAP_TEXT};
    if (own) capabilities.emplace_back(HEARTH_HINT_TEXT_MIXED);
    return {.name = "llama",
            .version = std::string(llama_version()) + " (ggml " + ggml_version() + (own ? ", own kernels)" : ")"),
            .formats = {"gguf"},
            .capabilities = std::move(capabilities),
            .devices = list_devices(),
            .extra_keys = extra_keys()};
  }

  [[nodiscard]] sdk::Score score() const override {
    std::string names;
    int best = 0;
    for (const auto& device : list_devices()) {
      names += (names.empty() ? "" : ", ") + device.id + " (" + device.description + ")";
      best = std::max(best, device.kind == "gpu" ? 95 : device.kind == "igpu" ? 85 : device.kind == "cpu" ? 80 : 0);
    }
    if (ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU) != nullptr)
      return {best, "llama.cpp " + std::string(llama_version()) + " on " + names};
    return {0, "llama.cpp " + std::string(llama_version()) + " found no CPU backend (libggml-cpu-*) for this machine",
            "install Hearth or llama.cpp anew so that the backends lie beside libllama"};
  }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load, const sdk::TextOptions& text) const override {
    return estimate_memory(load, text);
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options, const sdk::CallGuard& call) override {
    return std::make_shared<LlamaModel>(host_, options, call);
  }

 private:
  const sdk::Host& host_;
};

}  // namespace hearth::llama

HEARTH_SDK_RUNTIME(hearth::llama::LlamaRuntime)
