// One picture on its way through a vision model: decoded, laid into the model's input, read out of its outputs. Its
// memory is kept from picture to picture.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/tensor_service.h"
#include "vision/classification.h"
#include "vision/detection.h"
#include "vision/image_decoding.h"
#include "vision/preprocessing.h"
#include "vision/raw_frames.h"
#include "vision/vision_model.h"

namespace hearth {

// What the model's record leaves open and the caller decides. Thresholds that are absent are the head's usual ones.
struct VisionOptions {
  std::optional<float> score_threshold{};
  std::optional<float> iou_threshold{};
  std::uint32_t n_best = 5;       // classes of a classifier
  std::int32_t resolution = 0;    // side of the input where the graph leaves it open; 0: kDefaultResolution
  bool multi_label = false;       // see DetectionOptions
  std::uint32_t objects_max = 0;  // 0: the head's usual bound
};

// Source: Ultralytics and YOLOX train at 640.
inline constexpr std::int32_t kDefaultResolution = 640;

struct VisionTimings {
  double decode_ms = 0;
  double pre_ms = 0;
  double infer_ms = 0;
  double post_ms = 0;
  [[nodiscard]] double total_ms() const { return decode_ms + pre_ms + infer_ms + post_ms; }
};

// A vision model on a loaded graph. Immutable; shared by all that run it.
struct VisionRecipe {
  std::string model;
  VisionModel vision;
  std::size_t n_inputs = 1;
};

// Recognises the graph from its ports, metadata and record; errors as recognise_vision_model, and kInvalidData for a
// record that can't be read. `overrides_json` (as a record, may be empty) wins over the record.
[[nodiscard]] Result<std::shared_ptr<const VisionRecipe>> make_recipe(const TensorModelFacts& facts,
                                                                      const std::string& overrides_json = {});
// kInvalidArgument where the model was made for another task; a segmenting model detects as well.
[[nodiscard]] Status check_task(const VisionRecipe& recipe, VisionTask task);

// Shape of input `index` for n pictures of `side` pixels where the graph leaves the side open.
// kUnsupported: an input that Hearth does not know how to fill.
[[nodiscard]] Result<Shape> input_shape(const VisionRecipe& recipe, const TensorModelFacts& facts, std::size_t index,
                                        std::uint32_t n, std::int32_t side);

// One thread at a time.
class VisionWork {
 public:
  // Decodes no larger than the model needs, unless `whole` (a picture that will be drawn or cropped).
  [[nodiscard]] Status decode(const VisionRecipe& recipe, const VisionOptions& options,
                              std::span<const std::uint8_t> bytes, bool whole = false);
  [[nodiscard]] Status take_raw(std::span<const std::uint8_t> bytes, const RawFrameShape& shape);
  // A picture that others decoded and keep: until the next of these calls it must live. With a crop only that part is
  // looked at.
  void look_at(const ImageView& picture, std::optional<Box> crop = {});

  // Writes the picture as item `item` of the model's inputs.
  [[nodiscard]] Status fill(const VisionRecipe& recipe, const VisionOptions& options,
                            std::span<const TensorView> inputs, std::size_t item);
  [[nodiscard]] Status read(const VisionRecipe& recipe, const VisionOptions& options,
                            std::span<const TensorView> outputs, std::size_t item);

  [[nodiscard]] std::int32_t width() const { return source_.width; }  // of the picture as shown
  [[nodiscard]] std::int32_t height() const { return source_.height; }
  [[nodiscard]] const ImageView& picture() const { return view_; }
  [[nodiscard]] Image& own_picture() { return image_; }  // what decode() and take_raw() filled
  [[nodiscard]] const std::string& note() const { return note_; }
  [[nodiscard]] Detections& detections() { return detections_; }
  [[nodiscard]] const std::vector<Classification>& classes() const { return classes_; }
  [[nodiscard]] VisionTimings& timings() { return timings_; }

 private:
  [[nodiscard]] Status fill_other(const TensorView& input, std::size_t item) const;

  ImageDecoder decoder_;
  Preprocessor preprocessor_;
  DetectionReader detection_reader_;
  ClassificationReader classification_reader_;
  Image image_;
  ImageView view_;
  InputSize source_;
  std::optional<Box> crop_;
  InputConvention convention_;  // the recipe's, with its size filled in
  Geometry geometry_;
  Detections detections_;
  std::vector<Classification> classes_;
  VisionTimings timings_;
  std::string note_;
};

}  // namespace hearth
