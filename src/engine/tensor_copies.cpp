#include "engine/tensor_copies.h"

namespace hearth {

void TensorCopyMetrics::count(const std::string& from, const std::string& to, const std::string& why,
                              std::uint64_t bytes) {
  const std::string labels = metric_label("from", from) + "," + metric_label("to", to) + "," + metric_label("why", why);
  metrics_.counter(metric_name::kTensorCopyBytes, "Bytes of tensors that were copied between buffers.", labels)
      .add(bytes);
}

void TensorCopyMetrics::collect(const TensorSession& session) {
  const auto copies = session.copies();
  if (!copies) return;
  const std::lock_guard lock(gate_);
  auto& seen = seen_[&session];
  for (const auto& row : *copies) {
    std::uint64_t& before = seen[row.from + "\n" + row.to + "\n" + row.why];
    if (row.bytes <= before) continue;
    count(row.from, row.to, row.why, row.bytes - before);
    before = row.bytes;
  }
}

void TensorCopyMetrics::forget(const TensorSession& session) {
  const std::lock_guard lock(gate_);
  seen_.erase(&session);
}

}  // namespace hearth
