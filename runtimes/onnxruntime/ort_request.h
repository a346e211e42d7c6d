// Runs of one session with tensors that are bound once.
#pragma once

#include <vector>

#include "ort_session.h"

namespace hearth::onnxruntime {

// One thread at a time.
class OrtRequest final : public sdk::TensorRequest {
 public:
  explicit OrtRequest(OrtSession& session);
  void bind(sdk::Port port, std::uint32_t index, const DLTensor& tensor) override;
  void run(const sdk::CallGuard& call) override;
  [[nodiscard]] const DLTensor* result(std::uint32_t index) const override;

 private:
  struct Result {
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
    DLTensor tensor{};
  };
  void bind_open_outputs();
  void take_results();
  void run_now(const sdk::CallGuard& call);

  OrtSession& session_;
  Ort::IoBinding binding_;
  Ort::RunOptions run_options_;
  std::vector<bool> is_bound_;  // by output
  std::vector<Ort::Value> values_;
  std::vector<Result> results_;
  bool has_open_ = false;
  bool outputs_ready_ = false;
  bool is_measured_ = false;
};

}  // namespace hearth::onnxruntime
