// What a graph with pictures going in is: its task, what it wants of a picture, and how its outputs are read. Found
// from names, shapes and metadata, or told by the model's record.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "vision/preprocessing.h"

namespace hearth {

class DetectionHead;
class ClassificationHead;

enum class VisionTask : std::uint8_t { kDetect, kSegment, kClassify };
[[nodiscard]] std::string_view vision_task_name(VisionTask task);  // "detect", "segment", "classify"

// One input or output of the graph. `quantization` as the file tells it; scale 0 where it doesn't.
struct VisionPort {
  TensorSpec spec;
  Quantization quantization;
};

// What a model's record says; what is absent is found out. Each field wins over what the graph looks like.
struct VisionRecord {
  std::optional<std::string> head;  // a name of head_table()
  std::optional<ResizeMode> resize;
  std::optional<PixelFormat> colour;
  std::optional<std::array<float, 3>> mean;
  std::optional<std::array<float, 3>> scale;
  std::optional<float> crop_fraction;
  std::optional<std::uint8_t> pad;
  std::optional<std::uint32_t> n_classes;
  std::optional<float> score_threshold;
  std::optional<float> iou_threshold;
  std::vector<std::string> labels;
  std::map<std::string, Quantization> quantization;  // by name of input or output
};

// Parses {"head", "resize", "colour", "mean", "scale", "crop_fraction", "pad", "classes", "score", "iou", "labels",
// "quantization": {name: [scale, zero point]}}.
// kInvalidData names the key that is unknown or of the wrong kind.
[[nodiscard]] Result<VisionRecord> parse_vision_record(std::string_view json);

// What is known of a graph before it runs.
struct VisionModelFacts {
  std::string format;  // "onnx", "openvino_ir", "tflite": makers of one format keep to one convention
  std::vector<VisionPort> inputs;
  std::vector<VisionPort> outputs;
  std::map<std::string, std::string> metadata;  // the file's own: ONNX metadata_props, rt_info
  VisionRecord record;
};

// A recognised model. Immutable, thread-safe.
struct VisionModel {
  VisionTask task = VisionTask::kDetect;
  std::string head;         // "yolov8", "yolox", "nanodet", ...
  std::string recognition;  // one sentence: from what it was told
  InputConvention input;
  std::size_t input_index = 0;      // of facts.inputs: the picture
  std::vector<VisionPort> outputs;  // as in the facts
  std::size_t n_classes = 0;        // 0: not known before it runs
  std::vector<std::string> labels;  // by class id; may be shorter than the classes
  float score_threshold = 0.25F;    // what is usual for this head
  float iou_threshold = 0.45F;
  std::shared_ptr<const DetectionHead> detection;            // of kDetect and kSegment
  std::shared_ptr<const ClassificationHead> classification;  // of kClassify

  // The class's name, or its number where it has none.
  [[nodiscard]] std::string label(std::int32_t class_id) const;
};

// kUnsupported: no head fits; the message names the shapes and the heads that were tried. kInvalidArgument: the record
// names a head that is not known or doesn't fit the outputs. kInvalidData: no input is a picture.
[[nodiscard]] Result<VisionModel> recognise_vision_model(const VisionModelFacts& facts);

}  // namespace hearth
