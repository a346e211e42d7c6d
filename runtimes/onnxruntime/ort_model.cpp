#include "ort_model.h"

#include <algorithm>
#include <numeric>

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

}  // namespace

OrtModel::OrtModel(const sdk::Host& host, sdk::LoadOptions options)
    : host_(host),
      options_(std::move(options)),
      file_(read_onnx_file(options_.path)),
      devices_(sdk::choose_devices(options_, provider_devices())) {
  (void)ort_environment(host);
}

std::string OrtModel::content_hash() {
  if (!options_.content_hash.empty() && file_.external_files.empty()) return options_.content_hash;
  const std::lock_guard lock(gate_);
  if (content_hash_.empty()) {
    std::vector<std::filesystem::path> files = {options_.path};
    files.insert(files.end(), file_.external_files.begin(), file_.external_files.end());
    content_hash_ = sdk::hash_files(files).value_or("");
  }
  return content_hash_;
}

void OrtModel::add(const SessionBytes* bytes) {
  const std::lock_guard lock(gate_);
  sessions_.push_back(bytes);
}

void OrtModel::remove(const SessionBytes* bytes) {
  const std::lock_guard lock(gate_);
  std::erase(sessions_, bytes);
}

sdk::MemoryItems OrtModel::placement() const {
  const std::lock_guard lock(gate_);
  // Weights are in the sessions only: the file itself is not kept.
  std::uint64_t arena = 0;
  for (const auto* session : sessions_) arena += session->compute.load();
  const auto n = static_cast<std::uint64_t>(sessions_.size());
  const auto weights = std::min(n * file_.weight_bytes, arena);
  sdk::MemoryItems items;
  if (weights != 0) items.push_back({"cpu", "CPU", HEARTH_MEM_WEIGHTS, weights, 0});
  if (arena != 0) items.push_back({"cpu", "CPU", HEARTH_MEM_COMPUTE, arena - weights, 0});
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
