// YOLOv8, YOLO11 and their kin: no anchors, no objectness, decoded boxes; and their -seg variants.
// Source: Ultralytics export format, output0 [N,4+classes(+32),cells] with xywh in pixels, or 0..1 in TFLite files.
#include <fmt/format.h>

#include <array>

#include "vision/yolo_rows.h"
#include "vision/yolo_seg.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "yolov8";
constexpr std::array<std::int32_t, 3> kStrides{8, 16, 32};

// [N,C,A] or [N,A,C]: told by the number of cells where the input's size is known, else the cells outnumber the
// channels.
std::optional<bool> channels_first(const Shape& shape, std::int64_t n_cells) {
  if (shape.rank() != 3) return std::nullopt;
  if (n_cells > 0 && shape[2] == n_cells) return true;
  if (n_cells > 0 && shape[1] == n_cells) return false;
  if (shape[1] > 0 && shape[2] > 0) return shape[1] < shape[2];
  if (shape[1] > 0) return true;
  if (shape[2] > 0) return false;
  return std::nullopt;
}

}  // namespace

std::optional<RecognisedHead> recognise_yolov8(const GraphFacts& facts) {
  const auto prototypes = find_prototypes(facts);
  if (facts.outputs().size() != (prototypes ? 2U : 1U)) return std::nullopt;
  const std::size_t output = prototypes && prototypes->output == 0 ? 1 : 0;
  const Shape& shape = facts.outputs()[output].spec.shape;
  const std::int64_t n_cells = facts.grid_cells(kStrides);
  const auto is_first = channels_first(shape, n_cells);
  if (!is_first) return std::nullopt;
  const std::size_t n_masks = prototypes ? prototypes->n_masks : 0;
  const std::int64_t n_channels = shape[*is_first ? 1 : 2];
  const std::int64_t n_rows = shape[*is_first ? 2 : 1];
  if (n_channels < static_cast<std::int64_t>(5 + n_masks) || (n_rows > 0 && n_cells > 0 && n_rows != n_cells))
    return std::nullopt;
  RowLayout layout;
  layout.n_classes = static_cast<std::size_t>(n_channels) - 4 - n_masks;
  layout.n_channels = static_cast<std::size_t>(n_channels);
  layout.channels_first = *is_first;
  if (facts.n_classes != 0 && facts.n_classes != layout.n_classes) return std::nullopt;
  std::optional<MaskSource> masks;
  if (prototypes) {
    masks = MaskSource{prototypes->output,   prototypes->is_last,  output, n_masks,
                       4 + layout.n_classes, layout.channels_first};
  }
  RecognisedHead head;
  head.task = prototypes ? VisionTask::kSegment : VisionTask::kDetect;
  head.detection = decoded_rows_head(kName, output, layout, masks);
  head.input = ultralytics_input(facts);
  head.n_classes = layout.n_classes;
  head.recognition =
      fmt::format("output {} is 4 box numbers and {} class scores a cell{}", shape.text(), layout.n_classes,
                  prototypes ? fmt::format(", with {} mask coefficients", n_masks) : "");
  return head;
}

}  // namespace hearth
