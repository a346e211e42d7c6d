// One ONNX model that was read, and sessions compiled from it.
#pragma once

#include <string>

#include "hearth/sdk/graph_model.h"
#include "onnx_file.h"
#include "ort_library.h"

namespace hearth::onnxruntime {

// Thread-safe.
class OrtModel final : public sdk::GraphModel {
 public:
  // Throws as read_onnx_file; UNAVAILABLE when a device that is not here was asked for without fallback.
  OrtModel(const sdk::Host& host, const sdk::LoadOptions& options)
      : OrtModel(host, options, read_onnx_file(options.path)) {}

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TensorPorts& ports() const override { return file_.ports; }
  [[nodiscard]] std::map<std::string, std::string> metadata() const override { return file_.metadata; }
  [[nodiscard]] std::unique_ptr<sdk::TensorSession> new_session(const sdk::TensorOptions& options,
                                                                const sdk::CallGuard& call) override;

  [[nodiscard]] const OnnxFile& file() const { return file_; }

 private:
  OrtModel(const sdk::Host& host, const sdk::LoadOptions& options, OnnxFile file);
  const OnnxFile file_;
};

// Estimated before load. The factors are assumptions until bench/tensor_start.py, which prints estimate and held bytes
// side by side, has been run.
[[nodiscard]] sdk::MemoryItems estimate(const OnnxFile& file, const sdk::TensorOptions& options);

}  // namespace hearth::onnxruntime
