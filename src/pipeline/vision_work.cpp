#include "pipeline/vision_work.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>

namespace hearth {
namespace {

using SteadyClock = std::chrono::steady_clock;

double ms_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

// The record with what the overrides say in its place. "layout" is of the tensor, not of the picture: it goes to the
// picture's port.
Result<VisionRecord> record_of(const std::string& record_json, const std::string& overrides_json,
                               std::vector<VisionPort>& inputs) {
  if (record_json.empty() && overrides_json.empty()) return VisionRecord{};
  auto merged = nlohmann::json::parse(record_json.empty() ? "{}" : record_json, nullptr, false);
  const auto over = nlohmann::json::parse(overrides_json.empty() ? "{}" : overrides_json, nullptr, false);
  if (!merged.is_object() || !over.is_object())
    return fail(ErrorCode::kInvalidData, "the model's vision record is no JSON object",
                R"(write one like {"head": "yolov8", "colour": "rgb"})");
  merged.update(over);
  if (const auto layout = merged.find("layout"); layout != merged.end()) {
    if (*layout != "NCHW" && *layout != "NHWC")
      return fail(ErrorCode::kInvalidData, "\"layout\" of the vision record must be NCHW or NHWC");
    for (VisionPort& port : inputs)
      if (port.spec.shape.rank() == 4) port.spec.layout = layout->get<std::string>();
    merged.erase("layout");
  }
  return parse_vision_record(merged.dump());
}

// Where a graph leaves an input dimension open it is the caller's.
struct Sides {
  std::int32_t width = 0;
  std::int32_t height = 0;
};
Sides sides_of(const InputConvention& convention, std::int32_t side) {
  const std::int32_t open = side > 0 ? side : kDefaultResolution;
  return {convention.width > 0 ? convention.width : open, convention.height > 0 ? convention.height : open};
}

}  // namespace

Result<std::shared_ptr<const VisionRecipe>> make_recipe(const TensorModelFacts& facts,
                                                        const std::string& overrides_json) {
  VisionModelFacts known;
  known.format = facts.format;
  for (const auto& spec : facts.ports.inputs) known.inputs.push_back({spec, {}});
  for (const auto& spec : facts.ports.outputs) known.outputs.push_back({spec, {}});
  known.metadata = facts.metadata;
  HEARTH_ASSIGN(record, record_of(facts.record_json, overrides_json, known.inputs));
  known.record = std::move(record);
  auto model = recognise_vision_model(known);
  if (!model) return fail(std::move(model).error().with("model", facts.name));
  auto recipe = std::make_shared<VisionRecipe>();
  recipe->model = facts.name;
  recipe->vision = std::move(*model);
  recipe->n_inputs = facts.ports.inputs.size();
  return std::shared_ptr<const VisionRecipe>(std::move(recipe));
}

Status check_task(const VisionRecipe& recipe, VisionTask task) {
  const VisionTask own = recipe.vision.task;
  if (own == task || (task == VisionTask::kDetect && own == VisionTask::kSegment)) return {};
  return fail(Error(ErrorCode::kInvalidArgument,
                    fmt::format("'{}' is a model to {}, not to {}", recipe.model, vision_task_name(own),
                                vision_task_name(task)),
                    fmt::format("ask it to {}", vision_task_name(own)))
                  .with("param", "model"));
}

Result<Shape> input_shape(const VisionRecipe& recipe, const TensorModelFacts& facts, std::size_t index, std::uint32_t n,
                          std::int32_t side) {
  const InputConvention& convention = recipe.vision.input;
  if (index == recipe.vision.input_index) {
    const Sides sides = sides_of(convention, side);
    const std::int64_t channels = channel_count(convention.colour);
    if (convention.layout == TensorLayout::kNchw)
      return Shape{static_cast<std::int64_t>(n), channels, sides.height, sides.width};
    return Shape{static_cast<std::int64_t>(n), sides.height, sides.width, channels};
  }
  const TensorSpec& spec = facts.ports.inputs[index];
  Shape shape = spec.shape;
  for (std::size_t i = 0; i < shape.rank(); ++i)
    if (shape[i] == Shape::kDynamic) shape[i] = i == 0 ? n : 2;
  const auto elements = shape.n_elements();
  // Source: RT-DETR's exporters, "orig_target_sizes" [N,2]; PaddleDetection, "im_shape" and "scale_factor" [N,2].
  if (!elements || *elements != std::uint64_t{n} * 2)
    return fail(ErrorCode::kUnsupported,
                fmt::format("'{}' wants an input '{}' of shape {} beside the picture", recipe.model, spec.name,
                            spec.shape.text()),
                "export the model with one input, the picture");
  return shape;
}

Status VisionWork::decode(const VisionRecipe& recipe, const VisionOptions& options, std::span<const std::uint8_t> bytes,
                          bool whole) {
  const auto start = SteadyClock::now();
  timings_ = {};
  crop_.reset();
  const InputConvention& convention = recipe.vision.input;
  DecodeRequest request;
  request.format = convention.colour == PixelFormat::kBgr && !whole ? PixelFormat::kBgr : PixelFormat::kRgb;
  if (!whole) {
    HEARTH_ASSIGN(facts, decoder_.inspect(bytes));
    const Sides sides = sides_of(convention, options.resolution);
    const InputSize wanted = decode_size_for(convention, {sides.width, sides.height}, {facts.width, facts.height});
    request.width_min = wanted.width;
    request.height_min = wanted.height;
  }
  HEARTH_ASSIGN(info, decoder_.decode(bytes, request, image_));
  note_ = std::move(info.note);
  source_ = {info.width, info.height};
  view_ = image_.view();
  timings_.decode_ms = ms_since(start);
  return {};
}

Status VisionWork::take_raw(std::span<const std::uint8_t> bytes, const RawFrameShape& shape) {
  const auto start = SteadyClock::now();
  timings_ = {};
  crop_.reset();
  note_.clear();
  HEARTH_TRY(read_raw_frame(bytes, shape, PixelFormat::kRgb, image_));
  view_ = image_.view();
  source_ = {view_.width, view_.height};
  timings_.decode_ms = ms_since(start);
  return {};
}

void VisionWork::look_at(const ImageView& picture, std::optional<Box> crop) {
  timings_ = {};
  note_.clear();
  view_ = picture;
  source_ = {picture.width, picture.height};
  crop_ = crop;
}

// Sizes are those of the input itself: boxes come back in its pixels, as those of other heads do.
Status VisionWork::fill_other(const TensorView& input, std::size_t item) const {
  const auto put = [item](auto values, auto height, auto width) -> Status {
    values[item * 2] = height;
    values[item * 2 + 1] = width;
    return {};
  };
  switch (input.type) {
    case DataType::kI64: {
      HEARTH_ASSIGN(values, input.span<std::int64_t>());
      return put(values, std::int64_t{convention_.height}, std::int64_t{convention_.width});
    }
    case DataType::kI32: {
      HEARTH_ASSIGN(values, input.span<std::int32_t>());
      return put(values, convention_.height, convention_.width);
    }
    default: {
      HEARTH_ASSIGN(values, input.span<float>());
      return put(values, static_cast<float>(convention_.height), static_cast<float>(convention_.width));
    }
  }
}

Status VisionWork::fill(const VisionRecipe& recipe, const VisionOptions& options, std::span<const TensorView> inputs,
                        std::size_t item) {
  const auto start = SteadyClock::now();
  convention_ = recipe.vision.input;
  const Sides sides = sides_of(convention_, options.resolution);
  convention_.width = sides.width;
  convention_.height = sides.height;
  const TensorView& picture = inputs[recipe.vision.input_index];
  HEARTH_ASSIGN(geometry, crop_ ? preprocessor_.run_crop(view_, *crop_, convention_, picture, item)
                                : preprocessor_.run(view_, convention_, picture, item, source_));
  geometry_ = geometry;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (i != recipe.vision.input_index) HEARTH_TRY(fill_other(inputs[i], item));
  timings_.pre_ms = ms_since(start);
  return {};
}

Status VisionWork::read(const VisionRecipe& recipe, const VisionOptions& options, std::span<const TensorView> outputs,
                        std::size_t item) {
  const auto start = SteadyClock::now();
  if (recipe.vision.task == VisionTask::kClassify) {
    HEARTH_TRY(classification_reader_.read(recipe.vision, outputs, item, options.n_best, classes_));
  } else {
    DetectionOptions detection;
    detection.score_threshold = options.score_threshold.value_or(recipe.vision.score_threshold);
    detection.iou_threshold = options.iou_threshold.value_or(recipe.vision.iou_threshold);
    detection.multi_label = options.multi_label;
    if (options.objects_max > 0) detection.objects_max = options.objects_max;
    HEARTH_TRY(detection_reader_.read(recipe.vision, {outputs, item, geometry_}, detection, detections_));
  }
  timings_.post_ms = ms_since(start);
  return {};
}

}  // namespace hearth
