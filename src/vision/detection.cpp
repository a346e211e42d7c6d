#include "vision/detection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "vision/float_tensors.h"
#include "vision/head.h"
#include "vision/mask_decoding.h"
#include "vision/suppression.h"

namespace hearth {
namespace {

constexpr std::int32_t kClassMax = 100'000;  // more than any label file has

Status check_options(const VisionModel& model, const DetectionOptions& options) {
  if (!model.detection)
    return fail(ErrorCode::kInvalidArgument, "the model is a classifier and finds no objects", "use it to classify");
  const auto within = [](float x) { return x >= 0 && x <= 1; };
  if (!within(options.score_threshold) || !within(options.iou_threshold)) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("score threshold {} and IoU threshold {} must be within 0 and 1", options.score_threshold,
                            options.iou_threshold));
  }
  return {};
}

Status check_candidates(const std::vector<Candidate>& candidates, std::string_view head) {
  for (const Candidate& candidate : candidates) {
    const Box& box = candidate.box;
    if (!std::isfinite(box.x0 + box.y0 + box.x1 + box.y1) || !std::isfinite(candidate.score)) {
      return fail(ErrorCode::kInvalidData, fmt::format("the model computed a box that is no number (read as {})", head),
                  "its weights are damaged or its precision overflows; try f32, or another runtime");
    }
    if (candidate.class_id < 0 || candidate.class_id >= kClassMax) {
      return fail(ErrorCode::kInvalidData,
                  fmt::format("the model's class number {} makes no sense (read as {})", candidate.class_id, head));
    }
  }
  return {};
}

}  // namespace

struct DetectionReader::State {
  std::vector<std::vector<float>> memory;  // by output
  std::vector<FloatTensor> outputs;
  HeadScratch scratch;
  std::vector<Candidate> candidates;
  Suppression suppression;
  MaskDecoder masks;

  Status convert(const VisionModel& model, std::span<const TensorView> tensors, std::size_t item);
  bool bound_candidates(const DetectionOptions& options);
  Status write(const VisionModel& model, const Geometry& geometry, Detections& out);
};

Status DetectionReader::State::convert(const VisionModel& model, std::span<const TensorView> tensors,
                                       std::size_t item) {
  if (tensors.size() != model.outputs.size()) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("the model gave {} outputs and has {}", tensors.size(), model.outputs.size()));
  }
  memory.resize(std::max(memory.size(), tensors.size()));
  outputs.clear();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    HEARTH_ASSIGN(floats, floats_of(tensors[i], model.outputs[i], item, model.detection->is_batched(), memory[i]));
    outputs.push_back(floats);
  }
  return {};
}

// Keeps the best candidates_max. True: some were cut off.
bool DetectionReader::State::bound_candidates(const DetectionOptions& options) {
  if (candidates.size() <= options.candidates_max) return false;
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(options.candidates_max);
  std::nth_element(candidates.begin(), end, candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  candidates.erase(end, candidates.end());
  return true;
}

Status DetectionReader::State::write(const VisionModel& model, const Geometry& geometry, Detections& out) {
  const auto source = model.detection->masks();
  if (source) HEARTH_TRY(masks.prepare(*source, outputs, geometry));
  for (const Candidate& candidate : candidates) {
    Detection object{geometry.to_source(candidate.box), candidate.score, candidate.class_id};
    if (object.box.width() <= 0 || object.box.height() <= 0) continue;  // all of it lies in the padding
    if (source) {
      if (out.masks.size() == out.n_masks) out.masks.emplace_back();
      masks.decode(static_cast<std::size_t>(candidate.anchor), object.box, out.masks[out.n_masks]);
      object.mask = static_cast<std::int32_t>(out.n_masks++);
    }
    out.objects.push_back(object);
  }
  return {};
}

DetectionReader::DetectionReader() : state_(std::make_unique<State>()) {}
DetectionReader::~DetectionReader() = default;
DetectionReader::DetectionReader(DetectionReader&&) noexcept = default;
DetectionReader& DetectionReader::operator=(DetectionReader&&) noexcept = default;

Status DetectionReader::read(const VisionModel& model, const PictureOutputs& picture, const DetectionOptions& options,
                             Detections& out) {
  out.objects.clear();
  out.n_masks = 0;
  out.truncated = false;
  HEARTH_TRY(check_options(model, options));
  State& state = *state_;
  HEARTH_TRY(state.convert(model, picture.outputs, picture.item));
  state.candidates.clear();
  const HeadInput input{state.outputs, picture.geometry.input_width, picture.geometry.input_height,
                        options.score_threshold, options.multi_label};
  HEARTH_TRY(model.detection->decode(input, state.scratch, state.candidates));
  HEARTH_TRY(check_candidates(state.candidates, model.head));
  out.truncated = state.bound_candidates(options);
  // Without suppression nothing overlaps too much: the list is only sorted and bounded.
  const float iou_threshold = model.detection->needs_suppression() ? options.iou_threshold : 2.0F;
  const bool cut =
      state.suppression.run(state.candidates, {iou_threshold, options.across_classes, options.objects_max});
  out.truncated = out.truncated || cut;
  return state.write(model, picture.geometry, out);
}

}  // namespace hearth
