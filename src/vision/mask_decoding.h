// Masks of YOLO-seg models: prototypes weighted by an object's coefficients.
#pragma once

#include <span>
#include <vector>

#include "vision/head.h"
#include "vision/mask.h"

namespace hearth {

// Memory is kept from frame to frame. One thread at a time.
class MaskDecoder {
 public:
  // For the outputs of one picture, which must live until the last decode(). kInvalidData: other shapes than promised.
  [[nodiscard]] Status prepare(const MaskSource& source, std::span<const FloatTensor> outputs,
                               const Geometry& geometry);
  // The mask of the object in row `row`, at the picture's resolution within `box` (source pixels).
  void decode(std::size_t row, const Box& box, Mask& out);

 private:
  [[nodiscard]] float coefficient(std::size_t row, std::size_t k) const;
  void combine(std::size_t row);

  MaskSource source_;
  FloatTensor prototypes_;
  FloatTensor coefficients_;
  Geometry geometry_;
  std::size_t width_ = 0;  // of the prototypes
  std::size_t height_ = 0;
  std::vector<float> logits_;
};

}  // namespace hearth
