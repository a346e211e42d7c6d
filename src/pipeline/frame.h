// What flows through a pipeline: one picture and all that was found in it. Handed on by reference, never copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/tensor.h"
#include "pipeline/vision_work.h"

namespace hearth {

// What a classifier said of one part of the picture.
struct LabelledPart {
  std::optional<std::size_t> object;  // of the frame's objects; absent: the whole picture
  std::vector<Classification> classes;
};

// One thread at a time. Its memory is kept from picture to picture by the pool it comes from.
struct Frame {
  std::uint64_t index = 0;
  std::string path;
  Image picture;  // RGB
  std::optional<Error> error;

  std::shared_ptr<const VisionRecipe> detector;  // shared with the stage: labels are read until the frame's end
  Detections detections;
  std::vector<std::size_t> crops;  // objects that were chosen
  float crop_margin = 0;
  std::shared_ptr<const VisionRecipe> classifier;
  std::vector<LabelledPart> parts;
  std::size_t n_parts = 0;
  std::string text;
  std::string written;  // the file

  void reset();
  // The picture as a tensor [height, width, 3] of u8 on its device: what the next stage gets, without a copy.
  [[nodiscard]] TensorView tensor() const;
};

// The picture that a tensor [height, width, 3 or 1] of u8 in host memory holds. kInvalidArgument: another one.
[[nodiscard]] Result<ImageView> picture_of(const TensorView& tensor);

}  // namespace hearth
