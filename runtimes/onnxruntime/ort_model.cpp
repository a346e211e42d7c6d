#include "ort_model.h"

#include <algorithm>
#include <utility>

#include "ort_session.h"
#include "providers.h"

namespace hearth::onnxruntime {
namespace {

// Assumed, not measured: weights once as the file has them and once packed for the kernels.
constexpr double kPackedShare = 1.0;

std::uint64_t port_bytes(const std::vector<sdk::TensorSpec>& specs) {
  std::uint64_t total = 0;
  for (const auto& spec : specs) {
    std::uint64_t n = spec.type.bits / 8U;
    for (const auto dim : spec.shape) n *= dim < 0 ? 1 : static_cast<std::uint64_t>(dim);
    total += n;
  }
  return total;
}

std::vector<std::filesystem::path> files_of(const std::string& path, const OnnxFile& file) {
  std::vector<std::filesystem::path> files = {path};
  files.insert(files.end(), file.external_files.begin(), file.external_files.end());
  return files;
}

}  // namespace

OrtModel::OrtModel(const sdk::Host& host, const sdk::LoadOptions& options, OnnxFile file)
    : GraphModel(host, options, provider_devices(), files_of(options.path, file)), file_(std::move(file)) {
  (void)ort_environment(host);
}

sdk::MemoryItems OrtModel::placement() const {
  // Weights are in the sessions only, or in what was compiled: the file itself is not kept.
  const auto sessions = held();
  const auto weights = std::min((sessions.n_sessions - sessions.n_mapped) * file_.weight_bytes, sessions.compute);
  sdk::MemoryItems items;
  if (weights != 0) items.push_back({"cpu", "CPU", HEARTH_MEM_WEIGHTS, weights, 0});
  if (sessions.compute != 0) items.push_back({"cpu", "CPU", HEARTH_MEM_COMPUTE, sessions.compute - weights, 0});
  if (sessions.mapped != 0)
    items.push_back({"cpu", "CPU_Mapped", HEARTH_MEM_WEIGHTS, sessions.mapped, sessions.mapped});
  return items;
}

std::unique_ptr<sdk::TensorSession> OrtModel::new_session(const sdk::TensorOptions& options,
                                                          const sdk::CallGuard& call) {
  return std::make_unique<OrtSession>(*this, options, call);
}

sdk::MemoryItems estimate(const OnnxFile& file, const sdk::TensorOptions& options) {
  const auto n_requests = std::max({options.n_requests, options.n_streams, 1U});
  const auto inputs = port_bytes(file.ports.inputs);
  const auto outputs = port_bytes(file.ports.outputs);
  // Assumed, not measured: feature maps of the first layers are up to 8 times the input.
  const auto activations = 8 * inputs * n_requests;
  const auto packed = static_cast<std::uint64_t>(kPackedShare * static_cast<double>(file.weight_bytes));
  return {{"cpu", "CPU", HEARTH_MEM_WEIGHTS, file.weight_bytes, 0},
          {"cpu", "CPU", HEARTH_MEM_COMPUTE, packed + activations, 0},
          {"cpu", "CPU", HEARTH_MEM_INPUT, inputs * n_requests, 0},
          {"cpu", "CPU", HEARTH_MEM_OUTPUT, outputs * n_requests, 0}};
}

}  // namespace hearth::onnxruntime
