// From a classifier's output tensor to the likeliest classes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "vision/vision_model.h"

namespace hearth {

struct Classification {
  std::int32_t class_id = 0;
  float score = 0;  // probability, 0..1
};

// Reads outputs with memory that is kept. One thread at a time.
class ClassificationReader {
 public:
  // The `n_best` likeliest classes, best first, into `out`. Logits go through a softmax; what is a distribution already
  // (values within 0..1 that sum up to 1 within 0.02) is taken as it is.
  // kInvalidArgument: the model is no classifier. kInvalidData: another shape or type than promised, NaN or infinity.
  [[nodiscard]] Status read(const VisionModel& model, std::span<const TensorView> outputs, std::size_t item,
                            std::size_t n_best, std::vector<Classification>& out);

 private:
  std::vector<float> values_;
  std::vector<std::int32_t> order_;
};

}  // namespace hearth
