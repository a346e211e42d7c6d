#include "vision/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vision/float_tensors.h"
#include "vision/head.h"

namespace hearth {
namespace {

// Whether the values are a distribution already. Quantised ones are rounded to steps of 1/256 each, and many small ones
// to nothing, so that their sum is off by more than a step. Logits that all lie in 0..1 and add up so near to 1 are not
// seen.
bool is_distribution(const float* values, std::size_t n) {
  constexpr float kSlack = 0.02F;
  constexpr float kSumSlack = 0.3F;
  float sum = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (values[i] < 0 || values[i] > 1 + kSlack) return false;
    sum += values[i];
  }
  return std::abs(sum - 1) <= kSumSlack;
}

void softmax(std::vector<float>& values) {
  const float most = *std::max_element(values.begin(), values.end());
  float sum = 0;
  for (float& value : values) sum += value = std::exp(value - most);
  for (float& value : values) value /= sum;
}

}  // namespace

Status ClassificationReader::read(const VisionModel& model, std::span<const TensorView> outputs, std::size_t item,
                                  std::size_t n_best, std::vector<Classification>& out) {
  out.clear();
  if (!model.classification) return fail(ErrorCode::kInvalidArgument, "the model is no classifier", "use it to detect");
  const std::size_t at = model.classification->output();
  if (outputs.size() != model.outputs.size() || at >= outputs.size()) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("the model gave {} outputs and has {}", outputs.size(), model.outputs.size()));
  }
  HEARTH_ASSIGN(floats, floats_of(outputs[at], model.outputs[at], item, true, values_));
  const std::size_t n = model.classification->n_classes();
  if (floats.size() != n) return unexpected_output("classifying", floats, fmt::format("{} class scores", n));
  if (floats.data != values_.data()) values_.assign(floats.data, floats.data + n);
  values_.resize(n);
  for (const float value : values_) {
    if (!std::isfinite(value)) return nan_output("classifier");
  }
  if (!is_distribution(values_.data(), n)) softmax(values_);
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), 0);
  n_best = std::min(n_best, n);
  std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(n_best), order_.end(),
                    [&](std::int32_t a, std::int32_t b) {
                      const float score_a = values_[static_cast<std::size_t>(a)];
                      const float score_b = values_[static_cast<std::size_t>(b)];
                      return score_a != score_b ? score_a > score_b : a < b;
                    });
  for (std::size_t i = 0; i < n_best; ++i) out.push_back({order_[i], values_[static_cast<std::size_t>(order_[i])]});
  return {};
}

}  // namespace hearth
