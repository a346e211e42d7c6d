// Runs of one compiled graph with tensors that are bound once.
#pragma once

#include "ov_session.h"

namespace hearth::openvino {

// One thread at a time.
class OvRequest final : public sdk::TensorRequest {
 public:
  explicit OvRequest(OvSession& session);
  void bind(sdk::Port port, std::uint32_t index, const DLTensor& tensor) override;
  // On a GPU: host memory that the device reads without a copy.
  [[nodiscard]] DLManagedTensorVersioned* allocate(sdk::Port port, std::uint32_t index,
                                                   const std::vector<std::int64_t>& shape) override;
  void run(const sdk::CallGuard& call) override;
  [[nodiscard]] const DLTensor* result(std::uint32_t index) const override;

 private:
  struct Result {
    std::vector<std::int64_t> shape;
    std::vector<std::int64_t> strides;
    DLTensor tensor{};
    bool is_there = false;
  };
  void take_results();

  OvSession& session_;
  ov::InferRequest request_;
  std::vector<bool> is_bound_;  // by output
  std::vector<Result> results_;
  bool is_measured_ = false;
};

}  // namespace hearth::openvino
