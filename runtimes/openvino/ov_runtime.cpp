// Runs graphs in IR, ONNX and TFLite by OpenVINO.
#include "hearth/sdk/plugin.h"
#include "ov_model.h"

namespace hearth::openvino {
namespace {

class OvRuntime final : public sdk::Runtime {
 public:
  explicit OvRuntime(const sdk::Host& host) : host_(host) {}

  [[nodiscard]] sdk::Description describe() const override {
    return {.name = "openvino",
            .version = ov_version(),
            .formats = {"openvino_ir", "onnx", "tflite"},
            .capabilities = {HEARTH_CAP_TENSOR},
            .devices = ov_devices(),
            .session_keys = {
                {.name = "device", .about = "what OpenVINO compiles for, in its own words: AUTO, MULTI:GPU,CPU, ..."},
                {.name = "properties",
                 .type = sdk::KeyType::kObject,
                 .about = "further properties of OpenVINO's, text by key"}}};
  }

  [[nodiscard]] sdk::Score score() const override {
    const auto devices = ov_devices();
    if (devices.empty()) return {0, "OpenVINO finds no device here", "install the driver of a device that it runs on"};
    std::string names;
    for (const auto& device : devices) names += (names.empty() ? "" : ", ") + device.id;
    return {70, "OpenVINO " + ov_version() + " with " + names};
  }

  [[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load,
                                          const sdk::TextOptions& /*text*/) const override {
    return openvino::estimate(load, {});
  }
  [[nodiscard]] sdk::MemoryItems estimate_tensor(const sdk::LoadOptions& load,
                                                 const sdk::TensorOptions& options) const override {
    return openvino::estimate(load, options);
  }

  [[nodiscard]] std::shared_ptr<sdk::Model> load(const sdk::LoadOptions& options,
                                                 const sdk::CallGuard& /*call*/) override {
    return std::make_shared<OvModel>(host_, options);
  }

 private:
  const sdk::Host& host_;
};

}  // namespace
}  // namespace hearth::openvino

HEARTH_SDK_RUNTIME(hearth::openvino::OvRuntime)
