// How the outputs of one family of models are read, and the table of all families.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "vision/geometry.h"
#include "vision/vision_model.h"

namespace hearth {

// One item of an output, as floats: dense, the batch dimension taken off where the head is batched.
struct FloatTensor {
  const float* data = nullptr;
  Shape shape;
  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(shape.n_elements().value_or(0)); }
};

// A box before suppression, in pixels of the model's input.
struct Candidate {
  Box box;
  float score = 0;
  std::int32_t class_id = 0;
  std::int32_t anchor = 0;  // row of the output, where mask coefficients are looked up
};

// Memory that heads work in, kept from frame to frame.
struct HeadScratch {
  std::vector<float> best;
  std::vector<std::int32_t> best_class;
  std::vector<float> values;
};

struct HeadInput {
  std::span<const FloatTensor> outputs;  // in the order of the model's outputs
  std::int32_t input_width = 0;          // pixels
  std::int32_t input_height = 0;
  float score_threshold = 0;
  bool multi_label = false;
};

// Where the masks of a segmenting model are. mask = sigmoid(coefficients . prototypes), at a fraction of the input.
struct MaskSource {
  std::size_t prototypes = 0;      // output index: [K,h,w] or [h,w,K]
  bool prototypes_last = false;    // K is the last dimension
  std::size_t coefficients = 0;    // output index
  std::size_t n_coefficients = 0;  // K
  std::size_t first_channel = 0;   // of the coefficients within a row
  bool channels_first = false;     // the coefficients' output is [C,A], else [A,C]
};

// Immutable, thread-safe.
class DetectionHead {
 public:
  virtual ~DetectionHead() = default;
  // Appends what scores above the threshold. kInvalidData: shapes that don't belong together, NaN scores.
  [[nodiscard]] virtual Status decode(const HeadInput& input, HeadScratch& scratch,
                                      std::vector<Candidate>& out) const = 0;
  // Whether several candidates stand for one object.
  [[nodiscard]] virtual bool needs_suppression() const { return true; }
  // Whether outputs have a leading batch dimension.
  [[nodiscard]] virtual bool is_batched() const { return true; }
  [[nodiscard]] virtual std::optional<MaskSource> masks() const { return std::nullopt; }
};

// A classifier's only output, and what is known of it.
class ClassificationHead {
 public:
  ClassificationHead(std::size_t output, std::size_t n_classes) : output_(output), n_classes_(n_classes) {}
  [[nodiscard]] std::size_t output() const { return output_; }
  [[nodiscard]] std::size_t n_classes() const { return n_classes_; }

 private:
  std::size_t output_;
  std::size_t n_classes_;
};

// What recognisers look at.
struct GraphFacts {
  const VisionModelFacts& model;
  std::int32_t width = 0;  // of the picture input; 0 where it is open
  std::int32_t height = 0;
  bool is_ultralytics = false;  // the metadata name this exporter
  std::size_t n_classes = 0;    // from record or metadata; 0: not known

  [[nodiscard]] const std::vector<VisionPort>& outputs() const { return model.outputs; }
  // Cells of the grids of `strides` for the input's size; 0 where that is open.
  [[nodiscard]] std::int64_t grid_cells(std::span<const std::int32_t> strides) const;
};

struct RecognisedHead {
  VisionTask task = VisionTask::kDetect;
  std::shared_ptr<const DetectionHead> detection;
  std::shared_ptr<const ClassificationHead> classification;
  InputConvention input;  // colours, normalisation and resizing that the family is trained with
  float score_threshold = 0.25F;
  float iou_threshold = 0.45F;
  std::size_t n_classes = 0;
  std::string recognition;
};

// One family. `recognise` gives nothing where the outputs are none of its.
struct HeadRow {
  std::string_view name;
  std::string_view shapes;  // what it looks for, for messages
  std::optional<RecognisedHead> (*recognise)(const GraphFacts& facts);
};

// Every family, the most particular first. Constant data.
[[nodiscard]] std::span<const HeadRow> head_table();

std::optional<RecognisedHead> recognise_yolo_end_to_end(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_yolov8(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_yolov5(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_yolox(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_nanodet(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_fastestdet(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_ssd(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_detr(const GraphFacts& facts);
std::optional<RecognisedHead> recognise_classifier(const GraphFacts& facts);

// RGB in 0..1, letterboxed: Ultralytics' models. Around the centre, in TFLite files in the upper left corner.
// Source: our measurement, YOLOv8n, mAP@0.5 on COCO128 in the centre and in the corner: ONNX 0.565 and 0.562; TFLite in
// dynamic range 0.544 and 0.559, in full int8 0.526 and 0.542, and more in the corner from every least score of 0.001
// to 0.1 too.
[[nodiscard]] InputConvention ultralytics_input(const GraphFacts& facts);

// kInvalidData with the head's name, the output's shape and what was expected.
[[nodiscard]] Unexpected unexpected_output(std::string_view head, const FloatTensor& output,
                                           const std::string& expected);
// kInvalidData: the model computed NaN.
[[nodiscard]] Unexpected nan_output(std::string_view head);

[[nodiscard]] float sigmoid(float x);

}  // namespace hearth
