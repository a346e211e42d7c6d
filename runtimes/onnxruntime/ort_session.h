// A compiled session of ONNX Runtime and its requests.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hearth/sdk/huge_pages.h"
#include "hearth/sdk/run_watcher.h"
#include "hearth/sdk/tensor_bindings.h"
#include "ort_model.h"

namespace hearth::onnxruntime {

// Lets so many runs go on at once; others wait. Internally locked.
class RunGate {
 public:
  explicit RunGate(std::uint32_t n) : left_(n) {}
  // Throws CANCELLED or DEADLINE_EXCEEDED.
  void enter(const sdk::CallGuard& call);
  void leave();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint32_t left_;
};

// Thread-safe: Ort::Session::Run is.
class OrtSession final : public sdk::TensorSession {
 public:
  // `model` outlives it.
  OrtSession(OrtModel& model, const sdk::TensorOptions& options, const sdk::CallGuard& call);

  [[nodiscard]] const sdk::TensorPorts& ports() const override { return ports_; }
  [[nodiscard]] sdk::TensorSessionInfo info() const override { return info_; }
  [[nodiscard]] std::vector<sdk::TensorNode> nodes() const override { return nodes_; }
  [[nodiscard]] std::unique_ptr<sdk::TensorRequest> new_request() override;
  [[nodiscard]] nlohmann::json declared_shapes() const override { return options_.shapes; }

  [[nodiscard]] Ort::Session& session() { return session_; }
  [[nodiscard]] RunGate& gate() { return *gate_; }
  [[nodiscard]] sdk::RunWatcher& watcher() { return watcher_; }
  [[nodiscard]] sdk::SessionMemory& memory() { return memory_; }
  // After a run: what the arena holds now.
  void measure();

 private:
  [[nodiscard]] Ort::SessionOptions session_options() const;
  void fix_dimensions(Ort::SessionOptions& options) const;
  void create(const sdk::CallGuard& call);
  void make_session(const Ort::SessionOptions& options);
  void create_and_keep(Ort::SessionOptions& options, const sdk::CompiledCache& cache, const sdk::CompiledKey& key);
  [[nodiscard]] bool create_from_cache(const sdk::CompiledCache& cache, const sdk::CompiledKey& key);
  [[nodiscard]] sdk::CompiledKey cache_key() const;
  void read_ports();
  void place_nodes(const std::vector<std::string>& log_lines);

  OrtModel& model_;
  const sdk::TensorOptions options_;
  sdk::SessionMemory memory_;  // before anything is compiled
  sdk::TensorSessionInfo info_;
  std::vector<std::string> placement_log_;   // verbose lines while a session with other providers is made
  std::optional<sdk::MappedFile> compiled_;  // that the session reads in place
  Ort::Session session_{nullptr};
  sdk::TensorPorts ports_;
  std::vector<sdk::TensorNode> nodes_;
  std::unique_ptr<RunGate> gate_;
  sdk::RunWatcher watcher_;
  sdk::SessionBytes bytes_;
};

}  // namespace hearth::onnxruntime
