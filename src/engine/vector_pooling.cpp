#include "engine/vector_pooling.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace hearth {
namespace {

double squared_length(std::span<const float> vector) {
  return std::transform_reduce(vector.begin(), vector.end(), 0.0, std::plus<>(),
                               [](float value) { return static_cast<double>(value) * value; });
}

std::vector<float> row_of(std::span<const float> values, std::size_t size, std::size_t row) {
  const auto part = values.subspan(row * size, size);
  return {part.begin(), part.end()};
}

std::vector<float> mean_of(std::span<const float> values, std::size_t size, std::size_t n_tokens) {
  std::vector<float> sum(size);
  for (std::size_t row = 0; row < n_tokens; ++row)
    for (std::size_t i = 0; i < size; ++i) sum[i] += values[row * size + i];
  for (float& value : sum) value /= static_cast<float>(n_tokens);
  return sum;
}

}  // namespace

std::vector<float> pooled(std::span<const float> values, std::size_t size, std::size_t n_tokens, Pooling pooling) {
  switch (pooling) {
    case Pooling::kCls: return row_of(values, size, 0);
    case Pooling::kLast: return row_of(values, size, n_tokens - 1);
    case Pooling::kMean: return mean_of(values, size, n_tokens);
    case Pooling::kMax: break;
  }
  auto most = row_of(values, size, 0);
  for (std::size_t row = 1; row < n_tokens; ++row)
    for (std::size_t i = 0; i < size; ++i) most[i] = std::max(most[i], values[row * size + i]);
  return most;
}

void finish_vector(std::vector<float>& vector, std::optional<std::uint32_t> size, bool normalize) {
  if (size) vector.resize(std::min<std::size_t>(*size, vector.size()));
  if (!normalize) return;
  const double length = std::sqrt(squared_length(vector));
  if (length > 0)
    for (float& value : vector) value = static_cast<float>(value / length);
}

float cosine(std::span<const float> a, std::span<const float> b) {
  const double product = std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus<>(),
                                               [](float x, float y) { return static_cast<double>(x) * y; });
  const double lengths = std::sqrt(squared_length(a) * squared_length(b));
  return lengths > 0 ? static_cast<float>(product / lengths) : 0.0F;
}

}  // namespace hearth
