// NanoDet and NanoDet-Plus: class scores, and distances to the four sides as distributions over reg_max+1 bins.
// Source: NanoDet, nanodet/model/head/nanodet_head.py (generalised focal loss) and demo_openvino; class scores come out
// of the exported graph as probabilities.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "vision/yolo_rows.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "nanodet";
constexpr std::size_t kBins = 8;  // reg_max 7
constexpr std::size_t kDistances = 4 * kBins;
constexpr std::array<std::int32_t, 3> kStrides{8, 16, 32};
constexpr std::array<std::int32_t, 4> kStridesOfPlus{8, 16, 32, 64};

// The classes and distances of one stride, or of all of them.
struct Level {
  std::size_t classes = 0;    // output index
  std::size_t distances = 0;  // output index; the same as `classes` where one output has both
};

// A cell within the grid of its stride.
struct GridCell {
  std::size_t cell = 0;
  std::int32_t stride = 0;
  std::int32_t input_width = 0;
};

// The mean of softmax(bins) over 0..7, in cells.
float expected_distance(const float* bins) {
  const float most = *std::max_element(bins, bins + kBins);
  float sum = 0;
  float weighted = 0;
  for (std::size_t i = 0; i < kBins; ++i) {
    const float share = std::exp(bins[i] - most);
    sum += share;
    weighted += share * static_cast<float>(i);
  }
  return weighted / sum;
}

class NanodetHead final : public DetectionHead {
 public:
  NanodetHead(std::vector<Level> levels, std::size_t n_classes, bool joined)
      : levels_(std::move(levels)), n_classes_(n_classes), joined_(joined) {}

  Status decode(const HeadInput& input, HeadScratch& scratch, std::vector<Candidate>& out) const override {
    if (joined_) return decode_joined(input, scratch, out);
    for (const Level& level : levels_) {
      const FloatTensor& classes = input.outputs[level.classes];
      const FloatTensor& distances = input.outputs[level.distances];
      RowLayout layout;
      layout.first_class = 0;
      layout.n_classes = n_classes_;
      const RowReader rows(classes, layout);
      const auto stride = stride_of(rows.n_rows(), input);
      if (!rows.fits() || !stride || distances.size() != rows.n_rows() * kDistances) {
        return unexpected_output(kName, classes,
                                 "a row of classes for each cell of stride 8, 16, 32 or 64, and as many of distances");
      }
      const bool whole = rows.scan(input, scratch, [&](const ScoredRow& hit) {
        add(hit, {hit.row, *stride, input.input_width}, distances.data + hit.row * kDistances, out);
      });
      if (!whole) return nan_output(kName);
    }
    return {};
  }

 private:
  static std::optional<std::int32_t> stride_of(std::size_t n_cells, const HeadInput& input) {
    for (const std::int32_t stride : kStridesOfPlus) {
      if (n_cells == cells(stride, input)) return stride;
    }
    return std::nullopt;
  }
  static std::size_t cells(std::int32_t stride, const HeadInput& input) {
    return static_cast<std::size_t>((input.input_width + stride - 1) / stride) *
           static_cast<std::size_t>((input.input_height + stride - 1) / stride);
  }
  // `bins` are the cell's; the row of the hit counts over all of the output.
  void add(const ScoredRow& hit, const GridCell& where, const float* bins, std::vector<Candidate>& out) const {
    const std::int32_t stride = where.stride;
    const std::size_t cell = where.cell;
    const auto across = static_cast<std::size_t>((where.input_width + stride - 1) / stride);
    const auto step = static_cast<float>(stride);
    // Plus has its priors at the cells' corners, the first NanoDet at their centres.
    const float shift = joined_ ? 0.0F : 0.5F;
    const float x = (static_cast<float>(cell % across) + shift) * step;
    const float y = (static_cast<float>(cell / across) + shift) * step;
    out.push_back({{x - expected_distance(bins) * step, y - expected_distance(bins + kBins) * step,
                    x + expected_distance(bins + 2 * kBins) * step, y + expected_distance(bins + 3 * kBins) * step},
                   hit.score,
                   hit.class_id,
                   static_cast<std::int32_t>(hit.row)});
  }
  Status decode_joined(const HeadInput& input, HeadScratch& scratch, std::vector<Candidate>& out) const {
    const FloatTensor& output = input.outputs[levels_[0].classes];
    RowLayout layout;
    layout.first_class = 0;
    layout.n_classes = n_classes_;
    layout.n_channels = n_classes_ + kDistances;
    const RowReader rows(output, layout);
    std::size_t n_cells = 0;
    for (const std::int32_t stride : kStridesOfPlus) n_cells += cells(stride, input);
    if (!rows.fits() || rows.n_rows() != n_cells)
      return unexpected_output(kName, output, fmt::format("[{},{}]", n_cells, layout.channels()));
    const bool whole = rows.scan(input, scratch, [&](const ScoredRow& hit) {
      std::size_t cell = hit.row;
      std::size_t level = 0;
      while (cell >= cells(kStridesOfPlus[level], input)) cell -= cells(kStridesOfPlus[level++], input);
      add(hit, {cell, kStridesOfPlus[level], input.input_width}, output.data + hit.row * layout.channels() + n_classes_,
          out);
    });
    return whole ? Status{} : nan_output(kName);
  }

  std::vector<Level> levels_;
  std::size_t n_classes_;
  bool joined_;
};

// BGR with ImageNet's mean; converters to OpenVINO IR put the normalisation into the graph.
InputConvention nanodet_input(const GraphFacts& facts) {
  InputConvention input;
  // Source: NanoDet demo_openvino, resize_uniform: the aspect is kept, the borders are black. On 128 COCO pictures
  // stretching loses 0.06 of mAP@0.5.
  input.resize = ResizeMode::kLetterboxCentre;
  input.pad = 0;
  input.colour = PixelFormat::kBgr;
  if (facts.model.format != "openvino_ir") {
    // Source: NanoDet configs, img_norm_cfg.
    input.mean = {103.53F, 116.28F, 123.675F};
    input.scale = {1 / 57.375F, 1 / 57.12F, 1 / 58.395F};
  }
  return input;
}

RecognisedHead recognised(const GraphFacts& facts, std::vector<Level> levels, std::size_t n_classes, bool joined) {
  RecognisedHead head;
  head.detection = std::make_shared<NanodetHead>(std::move(levels), n_classes, joined);
  head.input = nanodet_input(facts);
  head.score_threshold = 0.4F;  // Source: NanoDet demo_openvino
  head.iou_threshold = 0.5F;
  head.n_classes = n_classes;
  head.recognition = fmt::format("outputs are {} classes and four distributions of {} bins a cell", n_classes, kBins);
  return head;
}

std::optional<RecognisedHead> recognise_joined(const GraphFacts& facts) {
  const Shape& shape = facts.outputs()[0].spec.shape;
  const std::int64_t n_cells = facts.grid_cells(kStridesOfPlus);
  if (shape.rank() != 3 || n_cells == 0 || shape[1] != n_cells || shape[2] <= static_cast<std::int64_t>(kDistances))
    return std::nullopt;
  const std::size_t n_classes = static_cast<std::size_t>(shape[2]) - kDistances;
  if (facts.n_classes != 0 && facts.n_classes != n_classes) return std::nullopt;
  return recognised(facts, {{0, 0}}, n_classes, true);
}

}  // namespace

std::optional<RecognisedHead> recognise_nanodet(const GraphFacts& facts) {
  const auto& outputs = facts.outputs();
  if (outputs.size() == 1) return recognise_joined(facts);
  if (outputs.size() != 6 && outputs.size() != 8) return std::nullopt;
  std::vector<Level> levels;
  std::size_t n_classes = 0;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Shape& shape = outputs[i].spec.shape;
    if (shape.rank() != 3) return std::nullopt;
    if (shape[2] == static_cast<std::int64_t>(kDistances)) continue;
    const auto n = static_cast<std::size_t>(std::max<std::int64_t>(0, shape[2]));
    if (n == 0 || (n_classes != 0 && n != n_classes)) return std::nullopt;
    n_classes = n;
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const Shape& other = outputs[k].spec.shape;
      if (k != i && other.rank() == 3 && other[1] == shape[1] && other[2] == static_cast<std::int64_t>(kDistances))
        levels.push_back({i, k});
    }
  }
  if (levels.size() != outputs.size() / 2 || n_classes == 0) return std::nullopt;
  return recognised(facts, std::move(levels), n_classes, false);
}

}  // namespace hearth
