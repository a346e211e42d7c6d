// Runs ONNX graphs by ONNX Runtime.
#include "hearth/sdk/plugin.h"
#include "ort_model.h"
#include "providers.h"

namespace hearth::onnxruntime {
namespace {

class OrtRuntime final : public sdk::Runtime {
 public:
  explicit OrtRuntime(const sdk::Host& host) : host_(host) {}

  [[nodiscard]] sdk::Description describe() const override {
    const auto& library = ort_library();
    return {.name = "onnxruntime",
            .version = library.version.empty() ? "none" : library.version,
            .formats = {"onnx"},
            .capabilities = {HEARTH_CAP_TENSOR},
            .devices = provider_devices(),
            .session_keys = {{.name = "provider_options",
                              .type = sdk::KeyType::kObject,
                              .about = "by device id: the provider's own options, text by key"}}};
  }

  [[nodiscard]] sdk::Score score() const override {
    const auto& library = ort_library();
    if (library.version.empty()) return {0, library.reason, "run ./dev setup, or install ONNX Runtime 1.18 or newer"};
    std::string names;
    for (const auto* provider : available_providers())
      names += (names.empty() ? "" : ", ") + std::string(provider->name);
    return {60, "ONNX Runtime " + library.version + " with " + names};
  }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load,
                                          const sdk::TextOptions& /*text*/) const override {
    return estimate_tensor(load, {});
  }
  [[nodiscard]] sdk::MemoryItems estimate_tensor(const sdk::LoadOptions& load,
                                                 const sdk::TensorOptions& options) const override {
    return onnxruntime::estimate(read_onnx_file(load.path), options);
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options,
                                                 const sdk::CallGuard& /*call*/) override {
    return std::make_shared<OrtModel>(host_, options);
  }

 private:
  const sdk::Host& host_;
};

}  // namespace
}  // namespace hearth::onnxruntime

HEARTH_SDK_RUNTIME(hearth::onnxruntime::OrtRuntime)
