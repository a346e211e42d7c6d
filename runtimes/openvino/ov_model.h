// One model that OpenVINO read (IR, ONNX or TFLite), and what is compiled from it.
#pragma once

#include <memory>
#include <mutex>

#include "hearth/sdk/graph_model.h"
#include "ov_facts.h"

namespace hearth::openvino {

// Thread-safe.
class OvModel final : public sdk::GraphModel {
 public:
  // Throws NOT_FOUND without the file or its weights, INVALID_DATA where OpenVINO can't read it, UNAVAILABLE when a
  // device that is not here was asked for without fallback, IO where the cache's folder can't be made.
  OvModel(const sdk::Host& host, const sdk::LoadOptions& options);

  [[nodiscard]] sdk::MemoryItems placement() const override;
  [[nodiscard]] const sdk::TensorPorts& ports() const override { return facts_.ports; }
  [[nodiscard]] std::map<std::string, std::string> metadata() const override { return facts_.metadata; }
  [[nodiscard]] std::unique_ptr<sdk::TensorSession> new_session(const sdk::TensorOptions& options,
                                                                const sdk::CallGuard& call) override;

  // A copy that can be reshaped and extended; the file is read now unless it was before. Throws as read_model.
  [[nodiscard]] std::shared_ptr<ov::Model> clone() const;

 private:
  const std::uint64_t weight_bytes_;
  mutable std::mutex graph_gate_;             // of the next
  mutable std::shared_ptr<ov::Model> graph_;  // shared: OpenVINO's own handle; null while nobody needed it
  const OvFacts facts_;                       // last: telling them may read the graph
};

// What load and a session would take; reads the model's structure.
[[nodiscard]] sdk::MemoryItems estimate(const sdk::LoadOptions& load, const sdk::TensorOptions& options);
// Memory of this process that no file stands behind; 0 where the system doesn't tell.
[[nodiscard]] std::uint64_t anonymous_bytes();

}  // namespace hearth::openvino
