#include "vision/vision_model.h"

#include <fmt/format.h>

#include "vision/head.h"
#include "vision/labels.h"

namespace hearth {
namespace {

// Which input is a picture, and what its shape says.
struct PictureInput {
  std::size_t index = 0;
  TensorLayout layout = TensorLayout::kNchw;
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::int64_t n_channels = 3;
};

bool is_channels(std::int64_t n) { return n == 1 || n == 3; }

std::int32_t side(std::int64_t n) { return n > 0 && n <= 65'535 ? static_cast<std::int32_t>(n) : 0; }

// Channels first where both ends could be channels: [1,3,?,?] with open sizes is the common case.
std::optional<PictureInput> picture_input(const VisionModelFacts& facts) {
  for (std::size_t i = 0; i < facts.inputs.size(); ++i) {
    const TensorSpec& spec = facts.inputs[i].spec;
    if (spec.shape.rank() != 4) continue;
    const bool last = is_channels(spec.shape[3]) && (spec.layout == "NHWC" || !is_channels(spec.shape[1]));
    if (!last && !is_channels(spec.shape[1])) continue;
    PictureInput found{i, last ? TensorLayout::kNhwc : TensorLayout::kNchw};
    found.n_channels = spec.shape[last ? 3 : 1];
    found.height = side(spec.shape[last ? 1 : 2]);
    found.width = side(spec.shape[last ? 2 : 3]);
    return found;
  }
  return std::nullopt;
}

std::string shapes_text(const std::vector<VisionPort>& ports) {
  std::string text;
  for (const VisionPort& port : ports) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}{}", port.spec.name, data_type_name(port.spec.type), port.spec.shape.text());
  }
  return text.empty() ? "none" : text;
}

Unexpected no_picture(const VisionModelFacts& facts) {
  return fail(ErrorCode::kInvalidData, "no input of the model is a picture: inputs are " + shapes_text(facts.inputs),
              "a picture is [N,3,height,width] or [N,height,width,3]");
}

Unexpected not_recognised(const VisionModelFacts& facts) {
  std::string tried;
  for (const HeadRow& row : head_table())
    tried += fmt::format("{}{} ({})", tried.empty() ? "" : "; ", row.name, row.shapes);
  return fail(ErrorCode::kUnsupported,
              "the model's outputs are of no kind that is known: " + shapes_text(facts.outputs) + "; tried " + tried,
              "name its head in the model's record");
}

Result<std::vector<std::string>> labels_of(const VisionModelFacts& facts) {
  if (!facts.record.labels.empty()) return facts.record.labels;
  const auto names = facts.metadata.find("names");
  if (names == facts.metadata.end()) return std::vector<std::string>{};
  // A model without readable names is still a model.
  auto parsed = parse_labels(names->second);
  return parsed ? std::move(parsed).value() : std::vector<std::string>{};
}

// The rows of the table, or the one that the record names.
Result<std::pair<RecognisedHead, std::string>> recognise(const GraphFacts& facts) {
  const auto& wanted = facts.model.record.head;
  std::string known;
  for (const HeadRow& row : head_table()) {
    known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
    if (wanted && *wanted != row.name) continue;
    if (auto head = row.recognise(facts)) return std::pair(std::move(*head), std::string(row.name));
    if (wanted) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the record says that the head is {}, whose outputs are {}; the model's are {}", *wanted,
                              row.shapes, shapes_text(facts.model.outputs)),
                  "correct the record's \"head\"");
    }
  }
  if (wanted)
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the record names the head '{}'; known are {}", *wanted, known),
                "correct the record's \"head\"");
  return not_recognised(facts.model);
}

// What the record says wins over the family's habits; then the tensor's own type, size and layout.
InputConvention complete_input(InputConvention input, const PictureInput& picture, const VisionModelFacts& facts) {
  const VisionRecord& record = facts.record;
  if (record.resize) input.resize = *record.resize;
  if (record.colour) input.colour = *record.colour;
  if (record.mean) input.mean = *record.mean;
  if (record.scale) input.scale = *record.scale;
  if (record.crop_fraction) input.crop_fraction = *record.crop_fraction;
  if (record.pad) input.pad = *record.pad;
  if (picture.n_channels == 1) input.colour = PixelFormat::kGray;
  input.layout = picture.layout;
  input.width = picture.width;
  input.height = picture.height;
  const VisionPort& port = facts.inputs[picture.index];
  input.type = port.spec.type;
  if (input.type != DataType::kF32) {
    input.quantization = port.quantization;
    const bool is_family_scaled = record.mean || record.scale;
    // Without its scale a quantised input takes pixels as they are: that is what its makers quantised.
    if (input.quantization.scale == 0 && !is_family_scaled) {
      input.mean = {0, 0, 0};
      input.scale = {1, 1, 1};
    }
  }
  return input;
}

std::vector<std::string> usual_labels(const RecognisedHead& head) {
  const std::size_t n_classes = head.n_classes;
  if (head.task == VisionTask::kClassify) return {};
  if (n_classes == 91 || n_classes == 90) return coco_category_labels();
  const auto coco = coco_labels();
  if (n_classes == coco.size() || n_classes == 0) return {coco.begin(), coco.end()};
  return {};
}

// The facts with what the record says of ports that didn't tell it themselves: runtimes keep quantised types and lose
// scales.
VisionModelFacts with_quantization(VisionModelFacts facts) {
  for (auto* ports : {&facts.inputs, &facts.outputs}) {
    for (VisionPort& port : *ports) {
      const auto known = facts.record.quantization.find(port.spec.name);
      if (port.quantization.scale == 0 && known != facts.record.quantization.end()) port.quantization = known->second;
    }
  }
  return facts;
}

}  // namespace

std::string_view vision_task_name(VisionTask task) {
  switch (task) {
    case VisionTask::kDetect: return "detect";
    case VisionTask::kSegment: return "segment";
    case VisionTask::kClassify: return "classify";
  }
  return "vision";
}

std::string VisionModel::label(std::int32_t class_id) const {
  const auto slot = static_cast<std::size_t>(class_id);
  if (class_id >= 0 && slot < labels.size() && !labels[slot].empty()) return labels[slot];
  return std::to_string(class_id);
}

Result<VisionModel> recognise_vision_model(const VisionModelFacts& given) {
  const VisionModelFacts facts = with_quantization(given);
  const auto picture = picture_input(facts);
  if (!picture) return no_picture(facts);
  HEARTH_ASSIGN(labels, labels_of(facts));
  GraphFacts graph{facts, picture->width, picture->height};
  const auto author = facts.metadata.find("author");
  graph.is_ultralytics = author != facts.metadata.end() && author->second == "Ultralytics";
  graph.n_classes = facts.record.n_classes.value_or(static_cast<std::uint32_t>(labels.size()));
  HEARTH_ASSIGN(found, recognise(graph));
  auto& [head, name] = found;
  VisionModel model;
  model.task = head.task;
  model.head = name;
  model.recognition = head.recognition;
  model.input = complete_input(head.input, *picture, facts);
  model.input_index = picture->index;
  model.outputs = facts.outputs;
  model.n_classes = head.n_classes;
  model.labels = labels.empty() ? usual_labels(head) : std::move(labels);
  model.score_threshold = facts.record.score_threshold.value_or(head.score_threshold);
  model.iou_threshold = facts.record.iou_threshold.value_or(head.iou_threshold);
  model.detection = std::move(head.detection);
  model.classification = std::move(head.classification);
  return model;
}

}  // namespace hearth
