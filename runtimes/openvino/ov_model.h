// One model that OpenVINO read (IR, ONNX or TFLite), and what is compiled from it.
#pragma once

#include <atomic>
#include <mutex>

#include "hearth/sdk/compiled_cache.h"
#include "ov_core.h"

namespace hearth::openvino {

// Bytes by which the process grew while one session was compiled and first run.
struct SessionBytes {
  std::atomic<std::uint64_t> compute = 0;
};

// Thread-safe.
class OvModel final : public sdk::TensorModel {
 public:
  // Throws NOT_FOUND without the file or its weights, INVALID_DATA where OpenVINO can't read it, UNAVAILABLE when a
  // device that is not here was asked for without fallback.
  OvModel(const sdk::Host& host, sdk::LoadOptions options);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TensorPorts& ports() const override { return ports_; }
  [[nodiscard]] std::map<std::string, std::string> metadata() const override;
  [[nodiscard]] std::unique_ptr<sdk::TensorSession> new_session(const sdk::TensorOptions& options,
                                                                const sdk::CallGuard& call) override;

  [[nodiscard]] const sdk::Host& host() const { return host_; }
  [[nodiscard]] const sdk::LoadOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<std::string>& devices() const { return devices_; }
  // A copy that can be reshaped and extended.
  [[nodiscard]] std::shared_ptr<ov::Model> clone() const { return model_->clone(); }
  [[nodiscard]] std::string content_hash();
  [[nodiscard]] std::uint64_t weight_bytes() const { return weight_bytes_; }
  void add(const SessionBytes* bytes);
  void remove(const SessionBytes* bytes);

 private:
  const sdk::Host& host_;
  const sdk::LoadOptions options_;
  const std::vector<std::string> devices_;
  const std::vector<std::filesystem::path> files_;
  const std::shared_ptr<ov::Model> model_;  // shared: OpenVINO's own handle
  const sdk::TensorPorts ports_;
  const std::uint64_t weight_bytes_;
  mutable std::mutex gate_;  // of the two below
  std::string content_hash_;
  std::vector<const SessionBytes*> sessions_;
};

// Ports of a model or of a compiled one.
template <class M>
sdk::TensorPorts ports_of(const M& model);
[[nodiscard]] sdk::TensorSpec spec_of(const ov::Output<const ov::Node>& port);

// What load and a session would take; reads the model's structure.
[[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load, const sdk::TensorOptions& options);
// Resident bytes of this process; 0 where the system doesn't tell.
[[nodiscard]] std::uint64_t resident_bytes();

template <class M>
sdk::TensorPorts ports_of(const M& model) {
  sdk::TensorPorts ports;
  for (const auto& port : model.inputs()) ports.inputs.push_back(spec_of(port));
  for (const auto& port : model.outputs()) ports.outputs.push_back(spec_of(port));
  return ports;
}

}  // namespace hearth::openvino
