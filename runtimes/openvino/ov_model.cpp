#include "ov_model.h"

#include <algorithm>
#include <fstream>

#include "ov_session.h"

namespace hearth::openvino {
namespace {

namespace fs = std::filesystem;

std::uint64_t total_size(const std::vector<fs::path>& files) {
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.extension() == ".xml" ? 0 : fs::file_size(file);
  return total;
}

std::uint64_t bytes_of(const std::vector<sdk::TensorSpec>& specs) {
  std::uint64_t total = 0;
  for (const auto& spec : specs) {
    std::uint64_t n = spec.type.bits / 8U;
    for (const auto dim : spec.shape) n *= dim < 0 ? 1 : static_cast<std::uint64_t>(dim);
    total += n;
  }
  return total;
}

}  // namespace

std::uint64_t anonymous_bytes() {
  constexpr std::uint64_t kPageBytes = 4096;  // of the systems that have /proc and that OpenVINO runs on
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  std::uint64_t shared = 0;
  return file >> total >> resident >> shared && resident > shared ? (resident - shared) * kPageBytes : 0;
}

OvModel::OvModel(const sdk::Host& host, const sdk::LoadOptions& options)
    : GraphModel(host, options, ov_devices(), files_of(options.path)),
      weight_bytes_(total_size(files())),
      facts_(facts_of(options, options.cache_dir.empty() ? "" : content_hash(), graph_)) {}

std::shared_ptr<ov::Model> OvModel::clone() const {
  const std::lock_guard lock(graph_gate_);
  if (graph_ == nullptr) graph_ = read_model(options().path);
  return graph_->clone();
}

sdk::MemoryItems OvModel::placement() const {
  const auto sessions = held();
  std::uint64_t mapped = sessions.mapped;
  {
    const std::lock_guard lock(graph_gate_);
    if (graph_ != nullptr) mapped += weight_bytes_;
  }
  sdk::MemoryItems items;
  if (mapped != 0) items.push_back({"cpu", "CPU_Mapped", HEARTH_MEM_WEIGHTS, mapped, mapped});
  if (sessions.compute != 0)
    items.push_back({devices().empty() ? "cpu" : devices()[0], "OpenVINO", HEARTH_MEM_COMPUTE, sessions.compute, 0});
  return items;
}

std::unique_ptr<sdk::TensorSession> OvModel::new_session(const sdk::TensorOptions& options,
                                                         const sdk::CallGuard& call) {
  return std::make_unique<OvSession>(*this, options, call);
}

sdk::MemoryItems estimate(const sdk::LoadOptions& load, const sdk::TensorOptions& options) {
  const auto files = files_of(load.path);
  std::shared_ptr<ov::Model> read;
  const auto ports = facts_of(load, load.cache_dir.empty() ? "" : sdk::content_hash_of(load, files), read).ports;
  const auto n_requests = std::max({options.n_requests, options.n_streams, 1U});
  const auto weights = total_size(files);
  const auto inputs = bytes_of(ports.inputs) * n_requests;
  const auto outputs = bytes_of(ports.outputs) * n_requests;
  // Assumed, not measured: weights packed for the kernels, feature maps, and the compiler's own structures.
  constexpr std::uint64_t kCompilerBytes = 24U << 20U;
  return {{"cpu", "CPU_Mapped", HEARTH_MEM_WEIGHTS, weights, weights},
          {load.devices.empty() ? "cpu" : load.devices[0], "OpenVINO", HEARTH_MEM_COMPUTE,
           2 * weights + 8 * inputs + kCompilerBytes, 0},
          {"cpu", "CPU", HEARTH_MEM_INPUT, inputs, 0},
          {"cpu", "CPU", HEARTH_MEM_OUTPUT, outputs, 0}};
}

}  // namespace hearth::openvino
