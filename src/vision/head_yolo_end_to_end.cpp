// YOLOv10, YOLO26 and exports with suppression inside: [N,n,6] rows of corners, score and class, best first.
// Source: Ultralytics export with end2end or nms; corners in pixels, in 0..1 in TFLite files.
#include <fmt/format.h>

#include "vision/yolo_rows.h"
#include "vision/yolo_seg.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "yolo_end_to_end";
constexpr std::int64_t kRowsMax = 1000;  // max_det is 300 as exported

class EndToEndHead final : public DetectionHead {
 public:
  EndToEndHead(std::size_t output, std::size_t n_channels, std::optional<MaskSource> masks)
      : output_(output), n_channels_(n_channels), masks_(masks) {}

  Status decode(const HeadInput& input, HeadScratch& /*scratch*/, std::vector<Candidate>& out) const override {
    const FloatTensor& output = input.outputs[output_];
    if (output.shape.rank() != 2 || output.shape[1] != static_cast<std::int64_t>(n_channels_)) {
      return unexpected_output(kName, output, fmt::format("[n,{}]", n_channels_));
    }
    const auto n_rows = static_cast<std::size_t>(output.shape[0]);
    float farthest = 0;
    for (std::size_t i = 0; i < n_rows; ++i)
      farthest = std::max(farthest, std::max(row(output, i)[2], row(output, i)[3]));
    const bool normalised = farthest <= 2.0F;
    const float unit_x = normalised ? static_cast<float>(input.input_width) : 1.0F;
    const float unit_y = normalised ? static_cast<float>(input.input_height) : 1.0F;
    for (std::size_t i = 0; i < n_rows; ++i) {
      const float* at = row(output, i);
      if (at[4] < input.score_threshold) continue;
      if (!(at[4] >= input.score_threshold)) return nan_output(kName);
      if (!(at[5] >= 0 && at[5] < 1e6F)) return unexpected_output(kName, output, "a class number in the sixth column");
      out.push_back({{at[0] * unit_x, at[1] * unit_y, at[2] * unit_x, at[3] * unit_y},
                     at[4],
                     static_cast<std::int32_t>(at[5]),
                     static_cast<std::int32_t>(i)});
    }
    return {};
  }
  bool needs_suppression() const override { return false; }
  std::optional<MaskSource> masks() const override { return masks_; }

 private:
  [[nodiscard]] const float* row(const FloatTensor& output, std::size_t i) const {
    return output.data + i * n_channels_;
  }
  std::size_t output_;
  std::size_t n_channels_;
  std::optional<MaskSource> masks_;
};

}  // namespace

std::optional<RecognisedHead> recognise_yolo_end_to_end(const GraphFacts& facts) {
  const auto prototypes = find_prototypes(facts);
  if (facts.outputs().size() != (prototypes ? 2U : 1U)) return std::nullopt;
  const std::size_t output = prototypes && prototypes->output == 0 ? 1 : 0;
  const Shape& shape = facts.outputs()[output].spec.shape;
  const std::size_t n_channels = 6 + (prototypes ? prototypes->n_masks : 0);
  if (shape.rank() != 3 || shape[2] != static_cast<std::int64_t>(n_channels) || shape[1] > kRowsMax)
    return std::nullopt;
  std::optional<MaskSource> masks;
  if (prototypes) masks = MaskSource{prototypes->output, prototypes->is_last, output, prototypes->n_masks, 6, false};
  RecognisedHead head;
  head.task = prototypes ? VisionTask::kSegment : VisionTask::kDetect;
  head.detection = std::make_shared<EndToEndHead>(output, n_channels, masks);
  head.input = ultralytics_input(facts);
  head.n_classes = facts.n_classes;
  head.recognition = fmt::format("output {} is corners, score and class a row", shape.text());
  return head;
}

}  // namespace hearth
