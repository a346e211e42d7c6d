// FastestDet: one grid of stride 16, a plane a number. Source: dog-qiuqiu/FastestDet, utils/tool.py (handle_preds).
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "vision/yolo_rows.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "fastestdet";
constexpr std::int32_t kStride = 16;
// score = objectness^0.6 * class^0.4
constexpr float kObjectPower = 0.6F;
constexpr float kClassPower = 0.4F;

class FastestDetHead final : public DetectionHead {
 public:
  explicit FastestDetHead(std::size_t n_classes) : n_classes_(n_classes) {}

  Status decode(const HeadInput& input, HeadScratch& scratch, std::vector<Candidate>& out) const override {
    const FloatTensor& output = input.outputs[0];
    const auto n_channels = static_cast<std::int64_t>(5 + n_classes_);
    if (output.shape.rank() != 3 || output.shape[0] != n_channels || output.shape[1] <= 0 || output.shape[2] <= 0) {
      return unexpected_output(kName, output, fmt::format("[{},h,w]", n_channels));
    }
    const auto across = static_cast<std::size_t>(output.shape[2]);
    const std::size_t n_cells = static_cast<std::size_t>(output.shape[1]) * across;
    const FloatTensor flat{output.data, Shape{n_channels, static_cast<std::int64_t>(n_cells)}};
    RowLayout layout;
    layout.first_class = 5;
    layout.n_classes = n_classes_;
    layout.channels_first = true;
    const RowReader rows(flat, layout);
    HeadInput any = input;  // the power law comes after the scan: no class score is too low for it by itself
    any.score_threshold = 0;
    bool has_nan = false;
    const bool whole = rows.scan(any, scratch, [&](const ScoredRow& hit) {
      const float score = std::pow(rows.at(hit.row, 0), kObjectPower) * std::pow(hit.score, kClassPower);
      has_nan = has_nan || score != score;
      if (!(score >= input.score_threshold)) return;
      const auto height = static_cast<float>(output.shape[1]);
      const auto width = static_cast<float>(output.shape[2]);
      const float x = (static_cast<float>(hit.row % across) + std::tanh(rows.at(hit.row, 1))) / width;
      const float y = (static_cast<float>(hit.row / across) + std::tanh(rows.at(hit.row, 2))) / height;
      const float half_width = sigmoid(rows.at(hit.row, 3)) / 2;
      const float half_height = sigmoid(rows.at(hit.row, 4)) / 2;
      const auto unit_x = static_cast<float>(input.input_width);
      const auto unit_y = static_cast<float>(input.input_height);
      out.push_back({{(x - half_width) * unit_x, (y - half_height) * unit_y, (x + half_width) * unit_x,
                      (y + half_height) * unit_y},
                     score,
                     hit.class_id,
                     static_cast<std::int32_t>(hit.row)});
    });
    return whole && !has_nan ? Status{} : nan_output(kName);
  }

 private:
  std::size_t n_classes_;
};

}  // namespace

std::optional<RecognisedHead> recognise_fastestdet(const GraphFacts& facts) {
  if (facts.outputs().size() != 1) return std::nullopt;
  const Shape& shape = facts.outputs()[0].spec.shape;
  if (shape.rank() != 4 || shape[1] < 6 || shape[2] <= 1 || shape[3] <= 1) return std::nullopt;
  if (facts.width > 0 && (shape[3] != facts.width / kStride || shape[2] != facts.height / kStride)) return std::nullopt;
  RecognisedHead head;
  head.n_classes = static_cast<std::size_t>(shape[1]) - 5;
  if (facts.n_classes != 0 && facts.n_classes != head.n_classes) return std::nullopt;
  head.detection = std::make_shared<FastestDetHead>(head.n_classes);
  head.input.resize = ResizeMode::kStretch;
  head.input.colour = PixelFormat::kBgr;
  head.input.scale = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
  head.score_threshold = 0.65F;  // Source: FastestDet test.py; its powers push scores up
  head.recognition = fmt::format("output {} is objectness, 4 box numbers and {} classes on a grid of stride 16",
                                 shape.text(), head.n_classes);
  return head;
}

}  // namespace hearth
