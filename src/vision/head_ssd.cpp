// SSD and its kin, in the four forms that exporters give them:
//   TFLite_Detection_PostProcess: boxes [N,n,4] (ymin,xmin,ymax,xmax in 0..1), classes [N,n], scores [N,n], count [N]
//   OpenVINO DetectionOutput: [1,1,n,7] of image, class, score, xmin, ymin, xmax, ymax in 0..1
//   torchvision: boxes [n,4] in pixels, scores [n], labels [n]
//   without suppression: boxes [N,n,4] (xmin,ymin,xmax,ymax in 0..1) and probabilities [N,n,1+classes], 0 background
// Source: the operators' documentation of TensorFlow Lite, OpenVINO and torchvision.
#include <fmt/format.h>

#include <cmath>

#include "vision/yolo_rows.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "ssd";

bool name_has(const VisionPort& port, std::string_view part) { return port.spec.name.find(part) != std::string::npos; }

// A score above the threshold; nothing for a lower one, an error for NaN.
Result<bool> passes(float score, float threshold) {
  if (score < threshold) return false;
  if (!(score >= threshold)) return nan_output(kName);
  return true;
}

Result<std::int32_t> class_number(float value, const FloatTensor& output) {
  if (value >= 0 && value < 1e6F) return static_cast<std::int32_t>(value);
  return unexpected_output(kName, output, "class numbers");
}

// What a graph with suppression inside gives.
struct FinalOutputs {
  std::size_t boxes = 0;
  std::size_t classes = 0;
  std::size_t scores = 0;
  std::optional<std::size_t> count;
  bool y_first = false;  // ymin, xmin, ymax, xmax
  bool in_pixels = false;
  bool is_batched = true;
};

class FinalHead final : public DetectionHead {
 public:
  explicit FinalHead(const FinalOutputs& where) : where_(where) {}

  Status decode(const HeadInput& input, HeadScratch& /*scratch*/, std::vector<Candidate>& out) const override {
    const FloatTensor& boxes = input.outputs[where_.boxes];
    const FloatTensor& scores = input.outputs[where_.scores];
    const FloatTensor& classes = input.outputs[where_.classes];
    std::size_t n = scores.size();
    if (boxes.size() != 4 * n || classes.size() != n) return unexpected_output(kName, boxes, fmt::format("[{},4]", n));
    if (where_.count) {
      const FloatTensor& count = input.outputs[*where_.count];
      if (count.size() != 1) return unexpected_output(kName, count, "one count");
      if (!(count.data[0] >= 0)) return unexpected_output(kName, count, "a count that is not negative");
      n = std::min(n, static_cast<std::size_t>(std::min(count.data[0], 1e6F)));
    }
    const float unit_x = where_.in_pixels ? 1.0F : static_cast<float>(input.input_width);
    const float unit_y = where_.in_pixels ? 1.0F : static_cast<float>(input.input_height);
    for (std::size_t i = 0; i < n; ++i) {
      HEARTH_ASSIGN(is_hit, passes(scores.data[i], input.score_threshold));
      if (!is_hit) continue;
      HEARTH_ASSIGN(class_id, class_number(classes.data[i], classes));
      const float* at = boxes.data + 4 * i;
      const std::size_t x = where_.y_first ? 1 : 0;
      const std::size_t y = 1 - x;
      out.push_back({{at[x] * unit_x, at[y] * unit_y, at[x + 2] * unit_x, at[y + 2] * unit_y},
                     scores.data[i],
                     class_id,
                     static_cast<std::int32_t>(i)});
    }
    return {};
  }
  bool needs_suppression() const override { return false; }
  bool is_batched() const override { return where_.is_batched; }

 private:
  FinalOutputs where_;
};

class DetectionOutputHead final : public DetectionHead {
 public:
  Status decode(const HeadInput& input, HeadScratch& /*scratch*/, std::vector<Candidate>& out) const override {
    const FloatTensor& output = input.outputs[0];
    const std::size_t n = output.size() / 7;
    if (output.size() % 7 != 0) return unexpected_output(kName, output, "[1,n,7]");
    const auto width = static_cast<float>(input.input_width);
    const auto height = static_cast<float>(input.input_height);
    for (std::size_t i = 0; i < n; ++i) {
      const float* at = output.data + 7 * i;
      if (at[0] < 0) break;  // the end of the list
      HEARTH_ASSIGN(is_hit, passes(at[2], input.score_threshold));
      if (!is_hit) continue;
      HEARTH_ASSIGN(class_id, class_number(at[1], output));
      out.push_back({{at[3] * width, at[4] * height, at[5] * width, at[6] * height},
                     at[2],
                     class_id,
                     static_cast<std::int32_t>(i)});
    }
    return {};
  }
  bool needs_suppression() const override { return false; }
};

class RawHead final : public DetectionHead {
 public:
  RawHead(std::size_t boxes, std::size_t scores, std::size_t n_scores)
      : boxes_(boxes), scores_(scores), n_scores_(n_scores) {}

  Status decode(const HeadInput& input, HeadScratch& scratch, std::vector<Candidate>& out) const override {
    const FloatTensor& boxes = input.outputs[boxes_];
    RowLayout layout;
    layout.first_class = 1;  // behind the background
    layout.n_classes = n_scores_ - 1;
    const RowReader rows(input.outputs[scores_], layout);
    if (!rows.fits() || boxes.size() != 4 * rows.n_rows())
      return unexpected_output(kName, boxes, "a box for each row of scores");
    const auto width = static_cast<float>(input.input_width);
    const auto height = static_cast<float>(input.input_height);
    const bool whole = rows.scan(input, scratch, [&](const ScoredRow& hit) {
      const float* at = boxes.data + 4 * hit.row;
      out.push_back({{at[0] * width, at[1] * height, at[2] * width, at[3] * height},
                     hit.score,
                     hit.class_id,
                     static_cast<std::int32_t>(hit.row)});
    });
    return whole ? Status{} : nan_output(kName);
  }

 private:
  std::size_t boxes_;
  std::size_t scores_;
  std::size_t n_scores_;
};

RecognisedHead ssd_head(std::shared_ptr<const DetectionHead> head, const char* recognition) {
  RecognisedHead found;
  found.detection = std::move(head);
  found.input.resize = ResizeMode::kStretch;
  found.score_threshold = 0.5F;
  found.recognition = recognition;
  return found;
}

// Which of four outputs is which: by name where they say it, else in the operator's own order.
std::optional<RecognisedHead> recognise_tflite(const GraphFacts& facts) {
  const auto& outputs = facts.outputs();
  FinalOutputs where{.count = 3, .y_first = true};
  std::vector<std::size_t> lists;
  std::optional<std::size_t> boxes;
  std::optional<std::size_t> count;
  for (std::size_t i = 0; i < 4; ++i) {
    const Shape& shape = outputs[i].spec.shape;
    if (shape.rank() == 3 && shape[2] == 4) boxes = i;
    if (shape.rank() == 2) lists.push_back(i);
    if (shape.rank() == 1) count = i;
  }
  if (!boxes || !count || lists.size() != 2) return std::nullopt;
  where.boxes = *boxes;
  where.count = *count;
  // The operator gives boxes, classes, scores, count; some converters sort outputs and then only the names tell.
  where.classes = lists[0];
  where.scores = lists[1];
  if (name_has(outputs[lists[0]], "score") || name_has(outputs[lists[1]], "class"))
    std::swap(where.classes, where.scores);
  auto found = ssd_head(std::make_shared<FinalHead>(where), "outputs are boxes, classes, scores and a count");
  // Source: TensorFlow detection models: (pixel - 127.5) / 127.5 where the input is not quantised.
  found.input.mean = {127.5F, 127.5F, 127.5F};
  found.input.scale = {1 / 127.5F, 1 / 127.5F, 1 / 127.5F};
  return found;
}

std::optional<RecognisedHead> recognise_torchvision(const GraphFacts& facts) {
  const auto& outputs = facts.outputs();
  FinalOutputs where{.in_pixels = true, .is_batched = false};
  std::optional<std::size_t> boxes;
  std::optional<std::size_t> scores;
  std::optional<std::size_t> labels;
  for (std::size_t i = 0; i < 3; ++i) {
    const auto& spec = outputs[i].spec;
    const bool batched = spec.shape.rank() == 3;
    if ((spec.shape.rank() == 2 || batched) && spec.shape[spec.shape.rank() - 1] == 4) {
      boxes = i;
      where.is_batched = batched;
    } else if (spec.type == DataType::kI64 || spec.type == DataType::kI32 || name_has(outputs[i], "label") ||
               name_has(outputs[i], "class")) {
      labels = i;
    } else {
      scores = i;
    }
  }
  if (!boxes || !scores || !labels) return std::nullopt;
  where.boxes = *boxes;
  where.scores = *scores;
  where.classes = *labels;
  auto found = ssd_head(std::make_shared<FinalHead>(where), "outputs are boxes, labels and scores");
  found.input.scale = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
  return found;
}

std::optional<RecognisedHead> recognise_raw(const GraphFacts& facts) {
  const auto& outputs = facts.outputs();
  constexpr std::int64_t kPriorsMin = 1001;  // fewer rows are the queries of a transformer
  for (std::size_t i = 0; i < 2; ++i) {
    const Shape& boxes = outputs[i].spec.shape;
    const Shape& scores = outputs[1 - i].spec.shape;
    if (boxes.rank() != 3 || scores.rank() != 3 || boxes[2] != 4 || scores[2] < 2 || boxes[1] != scores[1] ||
        boxes[1] < kPriorsMin)
      continue;
    if (scores[2] == 4 && name_has(outputs[i], "score")) continue;
    const auto n_scores = static_cast<std::size_t>(scores[2]);
    auto found =
        ssd_head(std::make_shared<RawHead>(i, 1 - i, n_scores), "outputs are boxes and class probabilities of priors");
    found.n_classes = n_scores - 1;
    found.input.mean = {127, 127, 127};
    found.input.scale = {1 / 128.0F, 1 / 128.0F, 1 / 128.0F};
    return found;
  }
  return std::nullopt;
}

}  // namespace

std::optional<RecognisedHead> recognise_ssd(const GraphFacts& facts) {
  const auto& outputs = facts.outputs();
  if (outputs.size() == 4) return recognise_tflite(facts);
  if (outputs.size() == 3) return recognise_torchvision(facts);
  if (outputs.size() == 2) return recognise_raw(facts);
  if (outputs.size() != 1) return std::nullopt;
  const Shape& shape = outputs[0].spec.shape;
  if (shape.rank() != 4 || shape[1] != 1 || shape[3] != 7) return std::nullopt;
  auto found =
      ssd_head(std::make_shared<DetectionOutputHead>(), "the output is a list of image, class, score and corners");
  found.input.colour = PixelFormat::kBgr;  // OpenVINO's model zoo keeps to OpenCV's order
  return found;
}

}  // namespace hearth
