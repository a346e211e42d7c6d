// From a detector's output tensors to boxes in the picture: candidates above a score, suppressed by class.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "domain/tensor.h"
#include "hearth/result.h"
#include "vision/geometry.h"
#include "vision/mask.h"
#include "vision/vision_model.h"

namespace hearth {

struct Detection {
  Box box;  // pixels of the source picture
  float score = 0;
  std::int32_t class_id = 0;
  std::int32_t mask = -1;      // index into Detections::masks
  std::int64_t track_id = -1;  // set by Tracker
};

// What one picture shows, best score first. Reused from frame to frame.
struct Detections {
  std::vector<Detection> objects;
  std::vector<Mask> masks;  // of segmenting models; only the first n_masks are this frame's, the rest keeps memory
  std::size_t n_masks = 0;
  bool truncated = false;  // more candidates than candidates_max, or more objects than objects_max, were found
};

struct DetectionOptions {
  float score_threshold = 0.25F;
  float iou_threshold = 0.45F;
  // One anchor may be several classes at once. Off as in use; evaluation with low thresholds has it on.
  bool multi_label = false;
  // Class-wise suppression is the field's rule; across classes it drops the second name of one thing.
  bool across_classes = false;
  // Source: Ultralytics' max_nms and max_det.
  std::uint32_t candidates_max = 30'000;
  std::uint32_t objects_max = 300;
};

// One picture's outputs.
struct PictureOutputs {
  std::span<const TensorView> outputs;  // in the order of the model's outputs, dense, in host memory
  std::size_t item = 0;                 // of the batch
  Geometry geometry;                    // what the preprocessor gave for the item
};

// Reads outputs of one model after the other with memory that is kept: nothing is allocated after the first frames.
// One thread at a time.
class DetectionReader {
 public:
  DetectionReader();
  ~DetectionReader();
  DetectionReader(DetectionReader&&) noexcept;
  DetectionReader& operator=(DetectionReader&&) noexcept;

  // kInvalidArgument: the model is no detector, thresholds outside 0..1. kInvalidData: outputs of another shape or type
  // than the model promised, NaN or infinite numbers among them.
  [[nodiscard]] Status read(const VisionModel& model, const PictureOutputs& picture, const DetectionOptions& options,
                            Detections& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth
