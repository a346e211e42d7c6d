// DETR, RT-DETR, D-FINE: a set of queries, no suppression. Source: DETR (arXiv:2005.12872): softmax with a last class
// for "nothing"; RT-DETR (arXiv:2304.08069) and D-FINE: a sigmoid a class. Boxes are xywh in 0..1 around the centre.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vision/yolo_rows.h"

namespace hearth {
namespace {

constexpr std::string_view kName = "detr";
constexpr std::int64_t kQueriesMax = 1000;

struct QueryOutputs {
  std::size_t logits = 0;
  std::size_t boxes = 0;
  std::size_t n_logits = 0;
  bool softmax = false;         // with a last class for "nothing"
  bool is_probability = false;  // the graph did it already
  bool joined = false;          // box and scores in one row
};

class DetrHead final : public DetectionHead {
 public:
  explicit DetrHead(const QueryOutputs& where) : where_(where) {}

  Status decode(const HeadInput& input, HeadScratch& scratch, std::vector<Candidate>& out) const override {
    const FloatTensor& logits = input.outputs[where_.logits];
    const FloatTensor& boxes = input.outputs[where_.boxes];
    const std::size_t row_length = where_.n_logits + (where_.joined ? 4 : 0);
    if (logits.shape.rank() != 2 || logits.shape[1] != static_cast<std::int64_t>(row_length)) {
      return unexpected_output(kName, logits, fmt::format("[n,{}]", row_length));
    }
    const auto n = static_cast<std::size_t>(logits.shape[0]);
    if (!where_.joined && boxes.size() != 4 * n) return unexpected_output(kName, boxes, fmt::format("[{},4]", n));
    const std::size_t n_classes = where_.n_logits - (where_.softmax ? 1 : 0);
    if (scratch.values.size() < where_.n_logits) scratch.values.resize(where_.n_logits);
    for (std::size_t i = 0; i < n; ++i) {
      const float* scores = logits.data + i * row_length + (where_.joined ? 4 : 0);
      const float* box = where_.joined ? logits.data + i * row_length : boxes.data + 4 * i;
      if (!probabilities(scores, scratch.values)) return nan_output(kName);
      for (std::size_t c = 0; c < n_classes; ++c) {
        const bool counts =
            input.multi_label || c == static_cast<std::size_t>(index_of_greatest(scratch.values.data(), n_classes));
        if (counts && scratch.values[c] >= input.score_threshold)
          add(box, {i, static_cast<std::int32_t>(c), scratch.values[c]}, input, out);
      }
    }
    return {};
  }
  bool needs_suppression() const override { return false; }

 private:
  [[nodiscard]] bool probabilities(const float* scores, std::vector<float>& out) const {
    const float most = greatest_or_nan(scores, where_.n_logits);
    if (most != most) return false;
    float sum = 0;
    for (std::size_t c = 0; c < where_.n_logits; ++c) {
      out[c] = where_.is_probability ? scores[c] : where_.softmax ? std::exp(scores[c] - most) : sigmoid(scores[c]);
      sum += out[c];
    }
    if (where_.softmax && !where_.is_probability) {
      for (std::size_t c = 0; c < where_.n_logits; ++c) out[c] /= sum;
    }
    return true;
  }
  static void add(const float* box, const ScoredRow& hit, const HeadInput& input, std::vector<Candidate>& out) {
    const auto width = static_cast<float>(input.input_width);
    const auto height = static_cast<float>(input.input_height);
    out.push_back({{(box[0] - box[2] / 2) * width, (box[1] - box[3] / 2) * height, (box[0] + box[2] / 2) * width,
                    (box[1] + box[3] / 2) * height},
                   hit.score,
                   hit.class_id,
                   static_cast<std::int32_t>(hit.row)});
  }
  QueryOutputs where_;
};

RecognisedHead recognised(const QueryOutputs& where, const std::string& recognition) {
  RecognisedHead head;
  head.detection = std::make_shared<DetrHead>(where);
  head.input.resize = ResizeMode::kStretch;
  head.input.scale = {1 / 255.0F, 1 / 255.0F, 1 / 255.0F};
  if (where.softmax) {
    // Source: DETR's transforms, ImageNet's mean and deviation.
    head.input.mean = {123.675F, 116.28F, 103.53F};
    head.input.scale = {1 / 58.395F, 1 / 57.12F, 1 / 57.375F};
  }
  head.score_threshold = 0.5F;
  head.n_classes = where.n_logits - (where.softmax ? 1 : 0);
  head.recognition = recognition;
  return head;
}

}  // namespace

std::optional<RecognisedHead> recognise_detr(const GraphFacts& facts) {
  const auto& outputs = facts.outputs();
  if (outputs.size() == 1) {
    // Ultralytics' RT-DETR: box and probabilities in one row.
    const Shape& shape = outputs[0].spec.shape;
    if (shape.rank() != 3 || shape[1] <= 0 || shape[1] > kQueriesMax || shape[2] < 5) return std::nullopt;
    const QueryOutputs where{
        .n_logits = static_cast<std::size_t>(shape[2]) - 4, .is_probability = true, .joined = true};
    return recognised(where, fmt::format("output {} is a box and class probabilities a query", shape.text()));
  }
  if (outputs.size() < 2) return std::nullopt;
  for (std::size_t i = 0; i < 2; ++i) {
    const Shape& boxes = outputs[i].spec.shape;
    const Shape& logits = outputs[1 - i].spec.shape;
    if (boxes.rank() != 3 || logits.rank() != 3 || boxes[2] != 4 || logits[2] < 1 || boxes[1] != logits[1] ||
        boxes[1] > kQueriesMax)
      continue;
    if (logits[2] == 4 && outputs[i].spec.name.find("logits") != std::string::npos) continue;
    const auto n_logits = static_cast<std::size_t>(logits[2]);
    // COCO's 91 ids and "nothing" make 92; a DETR of n classes has n+1 logits; a set of 100 queries is DETR's.
    const bool softmax = n_logits == 92 || boxes[1] == 100 || (facts.n_classes != 0 && n_logits == facts.n_classes + 1);
    const QueryOutputs where{.logits = 1 - i, .boxes = i, .n_logits = n_logits, .softmax = softmax};
    return recognised(
        where, fmt::format("outputs {} and {} are {} logits and a box a query", logits.text(), boxes.text(), n_logits));
  }
  return std::nullopt;
}

}  // namespace hearth
