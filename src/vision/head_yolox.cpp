// YOLOX: one prior a cell, objectness; boxes as offsets from the grid, or decoded in the graph.
// Source: Megvii YOLOX, demo/ONNXRuntime (demo_postprocess) and exps/default (input: BGR 0..255, padded right and
// below).
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "vision/yolo_rows.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "yolox";
constexpr std::array<std::int32_t, 3> kStrides{8, 16, 32};

struct Cell {
  float x = 0;
  float y = 0;
  float stride = 0;
};

// The cell that a row belongs to: strides one after the other, rows of the grid from the top.
Cell cell_of(std::size_t row, std::int32_t width, std::int32_t height) {
  for (const std::int32_t stride : kStrides) {
    const auto across = static_cast<std::size_t>(width / stride);
    const std::size_t n = across * static_cast<std::size_t>(height / stride);
    if (row < n)
      return {static_cast<float>(row % across), static_cast<float>(row / across), static_cast<float>(stride)};
    row -= n;
  }
  return {};
}

std::size_t cells_of(std::int32_t width, std::int32_t height) {
  std::size_t n = 0;
  for (const std::int32_t stride : kStrides)
    n += static_cast<std::size_t>(width / stride) * static_cast<std::size_t>(height / stride);
  return n;
}

class YoloxHead final : public DetectionHead {
 public:
  explicit YoloxHead(const RowLayout& layout) : layout_(layout) {}

  Status decode(const HeadInput& input, HeadScratch& scratch, std::vector<Candidate>& out) const override {
    const FloatTensor& output = input.outputs[0];
    const RowReader rows(output, layout_);
    const std::size_t n_cells = cells_of(input.input_width, input.input_height);
    if (!rows.fits() || rows.n_rows() != n_cells) {
      return unexpected_output(kName, output, fmt::format("[{},{}]", n_cells, layout_.channels()));
    }
    const bool decoded = is_decoded(rows, input.input_width);
    const bool whole = rows.scan(input, scratch, [&](const ScoredRow& hit) {
      float x = rows.at(hit.row, 0);
      float y = rows.at(hit.row, 1);
      float width = rows.at(hit.row, 2);
      float height = rows.at(hit.row, 3);
      if (!decoded) {
        const Cell cell = cell_of(hit.row, input.input_width, input.input_height);
        x = (x + cell.x) * cell.stride;
        y = (y + cell.y) * cell.stride;
        width = std::exp(width) * cell.stride;
        height = std::exp(height) * cell.stride;
      }
      out.push_back({{x - width / 2, y - height / 2, x + width / 2, y + height / 2},
                     hit.score,
                     hit.class_id,
                     static_cast<std::int32_t>(hit.row)});
    });
    return whole ? Status{} : nan_output(kName);
  }

 private:
  // Decoded centres of the last column of cells lie near the right edge; offsets are a few cells at most.
  static bool is_decoded(const RowReader& rows, std::int32_t width) {
    const auto across = static_cast<std::size_t>(width / kStrides[0]);
    return rows.at(across - 1, 0) > static_cast<float>(width) / 2;
  }
  RowLayout layout_;
};

}  // namespace

std::optional<RecognisedHead> recognise_yolox(const GraphFacts& facts) {
  if (facts.outputs().size() != 1 || facts.is_ultralytics) return std::nullopt;
  const Shape& shape = facts.outputs()[0].spec.shape;
  if (shape.rank() != 3 || shape[2] < 6) return std::nullopt;
  const std::int64_t n_cells = facts.grid_cells(kStrides);
  if (n_cells > 0 && shape[1] > 0 && shape[1] != n_cells) return std::nullopt;
  if (n_cells == 0 && shape[1] > 0 && shape[1] < shape[2]) return std::nullopt;
  RowLayout layout;
  layout.first_class = 5;
  layout.has_objectness = true;
  layout.n_classes = static_cast<std::size_t>(shape[2]) - 5;
  // 84 numbers a row are a YOLOv8 on its side: 80 classes are what nearly all have.
  if (facts.n_classes == 0 && shape[2] == 84) return std::nullopt;
  if (facts.n_classes != 0 && facts.n_classes != layout.n_classes) return std::nullopt;
  RecognisedHead head;
  head.detection = std::make_shared<YoloxHead>(layout);
  head.input.resize = ResizeMode::kLetterboxTopLeft;
  head.input.colour = PixelFormat::kBgr;
  head.n_classes = layout.n_classes;
  head.recognition =
      fmt::format("output {} is a row of box, objectness and {} classes a cell", shape.text(), layout.n_classes);
  return head;
}

}  // namespace hearth
