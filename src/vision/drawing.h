// Paints what was found into the picture.
#pragma once

#include <span>
#include <string>

#include "vision/detection.h"
#include "vision/image.h"

namespace hearth {

struct DrawingOptions {
  std::int32_t line_px = 0;  // 0: by the picture's size
  std::int32_t text_px = 0;  // height of a letter; 0: by the picture's size
  float mask_opacity = 0.45F;
};

// Boxes, masks, and "label score" (with "#id" where tracked) in a colour by class or track. Letters are printable
// ASCII; others are shown as '?'. The picture is kRgb or kBgr and as large as the boxes' source.
void draw_detections(Image& picture, const Detections& detections, const VisionModel& model,
                     const DrawingOptions& options = {});
// "label score" lines in the upper left corner.
void draw_lines(Image& picture, std::span<const std::string> lines, const DrawingOptions& options = {});

}  // namespace hearth
