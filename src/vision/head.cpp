#include "vision/head.h"

#include <fmt/format.h>

#include <array>
#include <cmath>

namespace hearth {

std::span<const HeadRow> head_table() {
  static constexpr std::array<HeadRow, 9> kHeads{{
      {"nanodet", "pairs of [N,cells,classes] and [N,cells,4*8], or [N,cells,classes+32]", recognise_nanodet},
      {"fastestdet", "[N,5+classes,height/16,width/16]", recognise_fastestdet},
      {"ssd", "boxes, classes, scores and a count; [1,1,n,7]; or [N,n,4] with [N,n,classes]", recognise_ssd},
      {"yolo_end_to_end", "[N,n,6], with [N,K,h,w] [N,n,6+K]", recognise_yolo_end_to_end},
      {"yolov5", "[N,3*cells,5+classes]", recognise_yolov5},
      {"yolox", "[N,cells,5+classes]", recognise_yolox},
      {"yolov8", "[N,4+classes,cells] or [N,cells,4+classes]", recognise_yolov8},
      {"detr", "logits [N,n,classes] and boxes [N,n,4], or [N,n,4+classes]", recognise_detr},
      {"classifier", "[N,classes]", recognise_classifier},
  }};
  return kHeads;
}

std::int64_t GraphFacts::grid_cells(std::span<const std::int32_t> strides) const {
  std::int64_t n = 0;
  for (const std::int32_t stride : strides) {
    n += static_cast<std::int64_t>((width + stride - 1) / stride) * ((height + stride - 1) / stride);
  }
  return n;
}

InputConvention ultralytics_input(const GraphFacts& facts) {
  InputConvention input;
  input.resize = facts.model.format == "tflite" ? ResizeMode::kLetterboxTopLeft : ResizeMode::kLetterboxCentre;
  input.colour = PixelFormat::kRgb;
  input.scale = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
  return input;
}

Unexpected unexpected_output(std::string_view head, const FloatTensor& output, const std::string& expected) {
  return fail(ErrorCode::kInvalidData,
              fmt::format("the model's output {} is not what a {} head gives: {} is expected", output.shape.text(),
                          head, expected),
              "name the right head in the model's record");
}

Unexpected nan_output(std::string_view head) {
  return fail(ErrorCode::kInvalidData, fmt::format("the model computed NaN scores (read as {})", head),
              "its weights are damaged or its precision overflows; try f32, or another runtime");
}

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

}  // namespace hearth
