#include "vision/mask_decoding.h"

#include <algorithm>
#include <cmath>

namespace hearth {

Status MaskDecoder::prepare(const MaskSource& source, std::span<const FloatTensor> outputs, const Geometry& geometry) {
  source_ = source;
  prototypes_ = outputs[source.prototypes];
  coefficients_ = outputs[source.coefficients];
  geometry_ = geometry;
  const Shape& shape = prototypes_.shape;
  const bool fits =
      shape.rank() == 3 && shape[source.prototypes_last ? 2 : 0] == static_cast<std::int64_t>(source.n_coefficients);
  if (!fits || coefficients_.shape.rank() != 2) return unexpected_output("segmenting", prototypes_, "mask prototypes");
  height_ = static_cast<std::size_t>(shape[source.prototypes_last ? 0 : 1]);
  width_ = static_cast<std::size_t>(shape[source.prototypes_last ? 1 : 2]);
  logits_.resize(std::max(logits_.size(), width_ * height_));
  return {};
}

float MaskDecoder::coefficient(std::size_t row, std::size_t k) const {
  const std::size_t channel = source_.first_channel + k;
  const auto rows = static_cast<std::size_t>(coefficients_.shape[source_.channels_first ? 1 : 0]);
  const auto channels = static_cast<std::size_t>(coefficients_.shape[source_.channels_first ? 0 : 1]);
  return coefficients_.data[source_.channels_first ? channel * rows + row : row * channels + channel];
}

// The object's logits over the whole map. A mask is where they are above zero: sigmoid(x) > 0.5.
void MaskDecoder::combine(std::size_t row) {
  const std::size_t n = width_ * height_;
  std::fill_n(logits_.begin(), n, 0.0F);
  for (std::size_t k = 0; k < source_.n_coefficients; ++k) {
    const float weight = coefficient(row, k);
    if (source_.prototypes_last) {
      for (std::size_t i = 0; i < n; ++i) logits_[i] += weight * prototypes_.data[i * source_.n_coefficients + k];
    } else {
      const float* plane = prototypes_.data + k * n;
      for (std::size_t i = 0; i < n; ++i) logits_[i] += weight * plane[i];
    }
  }
}

void MaskDecoder::decode(std::size_t row, const Box& box, Mask& out) {
  combine(row);
  out.x0 = static_cast<std::int32_t>(std::floor(box.x0));
  out.y0 = static_cast<std::int32_t>(std::floor(box.y0));
  out.width = std::max(1, std::min(geometry_.source_width, static_cast<std::int32_t>(std::ceil(box.x1))) - out.x0);
  out.height = std::max(1, std::min(geometry_.source_height, static_cast<std::int32_t>(std::ceil(box.y1))) - out.y0);
  const std::size_t n = static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height);
  if (out.bits.size() < n) out.bits.resize(n);
  const float to_map_x = static_cast<float>(width_) / static_cast<float>(geometry_.input_width);
  const float to_map_y = static_cast<float>(height_) / static_cast<float>(geometry_.input_height);
  const auto last_x = static_cast<float>(width_ - 1);
  const auto last_y = static_cast<float>(height_ - 1);
  std::size_t at = 0;
  for (std::int32_t y = 0; y < out.height; ++y) {
    const float source_y = static_cast<float>(out.y0 + y) + 0.5F;
    const float map_y = std::clamp((source_y * geometry_.scale_y + geometry_.offset_y) * to_map_y - 0.5F, 0.0F, last_y);
    const auto top = static_cast<std::size_t>(map_y);
    const std::size_t bottom = std::min(top + 1, height_ - 1);
    const float down = map_y - static_cast<float>(top);
    for (std::int32_t x = 0; x < out.width; ++x) {
      const float source_x = static_cast<float>(out.x0 + x) + 0.5F;
      const float map_x =
          std::clamp((source_x * geometry_.scale_x + geometry_.offset_x) * to_map_x - 0.5F, 0.0F, last_x);
      const auto left = static_cast<std::size_t>(map_x);
      const std::size_t right = std::min(left + 1, width_ - 1);
      const float across = map_x - static_cast<float>(left);
      const float above = logits_[top * width_ + left] * (1 - across) + logits_[top * width_ + right] * across;
      const float below = logits_[bottom * width_ + left] * (1 - across) + logits_[bottom * width_ + right] * across;
      out.bits[at++] = above * (1 - down) + below * down > 0 ? 1 : 0;
    }
  }
}

}  // namespace hearth
