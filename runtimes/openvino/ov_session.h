// A graph compiled by OpenVINO.
#pragma once

#include <optional>

#include "hearth/sdk/huge_pages.h"
#include "hearth/sdk/run_watcher.h"
#include "ov_model.h"

namespace hearth::openvino {

// Thread-safe: OpenVINO queues its requests.
class OvSession final : public sdk::TensorSession {
 public:
  // `model` outlives it.
  OvSession(OvModel& model, const sdk::TensorOptions& options, const sdk::CallGuard& call);

  [[nodiscard]] const sdk::TensorPorts& ports() const override { return ports_; }
  [[nodiscard]] sdk::TensorSessionInfo info() const override { return info_; }
  [[nodiscard]] std::vector<sdk::TensorNode> nodes() const override;
  [[nodiscard]] std::unique_ptr<sdk::TensorRequest> new_request() override;
  [[nodiscard]] nlohmann::json declared_shapes() const override { return options_.shapes; }

  [[nodiscard]] ov::CompiledModel& compiled() { return compiled_; }
  [[nodiscard]] sdk::RunWatcher& watcher() { return watcher_; }
  [[nodiscard]] bool is_on_host() const { return device_ == "CPU"; }
  [[nodiscard]] sdk::SessionMemory& memory() { return memory_; }
  // After the first run of a request: what the session has taken by now.
  void measure();

 private:
  [[nodiscard]] ov::AnyMap properties() const;
  [[nodiscard]] std::shared_ptr<ov::Model> prepared() const;
  [[nodiscard]] sdk::CompiledKey cache_key() const;
  [[nodiscard]] bool can_export() const;
  void compile(const sdk::CallGuard& call);
  void keep(const sdk::CompiledCache& cache, const sdk::CompiledKey& key);
  [[nodiscard]] bool take_from(const sdk::CompiledCache& cache, const sdk::CompiledKey& key);
  void read_granted();
  void refuse_fallen_nodes() const;

  OvModel& model_;
  const sdk::TensorOptions options_;
  sdk::SessionMemory memory_;  // before anything is compiled
  const std::string device_;
  const std::uint64_t bytes_before_;  // of the process
  sdk::TensorSessionInfo info_;
  std::optional<sdk::MappedFile> blob_;  // whose constants the compiled graph reads in place
  ov::CompiledModel compiled_;
  sdk::TensorPorts ports_;
  sdk::SessionBytes bytes_;
  sdk::RunWatcher watcher_;
};

// Makes floats of the 8-bit weights of convolutions that compute in floats, where the graph quantises nothing: a
// compilation keeps weights as it was given them, and would widen them again at every start.
// Source: our measurement, YOLOv8n in TFLite's dynamic range on two cores: same bits, runs of 67 ms instead of 95, a
// compilation of 13.1 MB instead of 3.9 taken in 70 ms instead of 115.
[[nodiscard]] std::shared_ptr<ov::Model> with_wide_weights(std::shared_ptr<ov::Model> model);

// Puts the work on an image input into the graph; throws UNSUPPORTED or INVALID_ARGUMENT.
[[nodiscard]] std::shared_ptr<ov::Model> with_preprocessing(std::shared_ptr<ov::Model> model,
                                                            const nlohmann::json& steps);

}  // namespace hearth::openvino
