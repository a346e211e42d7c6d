// Copies of tensors as one counter by place and reason: hearth_tensor_copy_bytes_total{from,to,why}.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "engine/tensor_service.h"
#include "metrics/registry.h"

namespace hearth {

namespace metric_name {
inline constexpr const char* kTensorCopyBytes = "hearth_tensor_copy_bytes_total";
}

// Thread-safe. The registry outlives it.
class TensorCopyMetrics final : public CopyCounter {
 public:
  explicit TensorCopyMetrics(MetricsRegistry& metrics) : metrics_(metrics) {}
  void count(const std::string& from, const std::string& to, const std::string& why, std::uint64_t bytes) override;
  // Adds what the session's runtime copied since it was last asked. What a session can't tell is left out.
  void collect(const TensorSession& session);
  void forget(const TensorSession& session);

 private:
  MetricsRegistry& metrics_;
  std::mutex gate_;
  std::map<const TensorSession*, std::map<std::string, std::uint64_t>> seen_;  // bytes by from, to and why
};

}  // namespace hearth
