// YOLOv5 (and v7): three anchors a cell, objectness, decoded boxes. Source: Ultralytics yolov5 export,
// output [N,3*cells,5+classes(+32)] with xywh in pixels, or 0..1 in TFLite files.
#include <fmt/format.h>

#include <array>

#include "vision/yolo_rows.h"
#include "vision/yolo_seg.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "yolov5";
constexpr std::array<std::int32_t, 3> kStrides{8, 16, 32};
constexpr std::array<std::int32_t, 4> kStridesOfP6{8, 16, 32, 64};

}  // namespace

std::optional<RecognisedHead> recognise_yolov5(const GraphFacts& facts) {
  const auto prototypes = find_prototypes(facts);
  if (facts.outputs().size() != (prototypes ? 2U : 1U)) return std::nullopt;
  const std::size_t output = prototypes && prototypes->output == 0 ? 1 : 0;
  const Shape& shape = facts.outputs()[output].spec.shape;
  if (shape.rank() != 3) return std::nullopt;
  const std::size_t n_masks = prototypes ? prototypes->n_masks : 0;
  const std::int64_t n_cells = facts.grid_cells(kStrides);
  const bool has_anchors = n_cells > 0 && (shape[1] == 3 * n_cells || shape[1] == 3 * facts.grid_cells(kStridesOfP6));
  const bool is_named = facts.model.record.head == kName;
  if ((!has_anchors && !is_named) || shape[2] < static_cast<std::int64_t>(6 + n_masks)) return std::nullopt;
  RowLayout layout;
  layout.first_class = 5;
  layout.has_objectness = true;
  layout.n_channels = static_cast<std::size_t>(shape[2]);
  layout.n_classes = layout.n_channels - 5 - n_masks;
  if (facts.n_classes != 0 && facts.n_classes != layout.n_classes) return std::nullopt;
  std::optional<MaskSource> masks;
  if (prototypes)
    masks = MaskSource{prototypes->output, prototypes->is_last, output, n_masks, 5 + layout.n_classes, false};
  RecognisedHead head;
  head.task = prototypes ? VisionTask::kSegment : VisionTask::kDetect;
  head.detection = decoded_rows_head(kName, output, layout, masks);
  head.input = ultralytics_input(facts);
  head.n_classes = layout.n_classes;
  head.recognition =
      fmt::format("output {} has three anchors a cell with objectness and {} classes", shape.text(), layout.n_classes);
  return head;
}

}  // namespace hearth
