// Many pictures through a vision model: several at once, told in their order, tracked, drawn, kept within a latency.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/picture_inputs.h"
#include "base/call_bounds.h"
#include "engine/tensor_service.h"
#include "pipeline/vision_stream.h"
#include "vision/latency_control.h"
#include "vision/tracking.h"

namespace hearth {

struct VisionRunOptions {
  std::string model;  // of the service
  VisionTask task = VisionTask::kDetect;
  VisionOptions vision;
  std::string overrides_json;    // what flags say of the model, as a record
  std::uint32_t streams = 1;     // pictures in work at once
  std::uint32_t batch = 1;       // pictures a run takes, where the graph allows it
  double latency_budget_ms = 0;  // 0: none; frames of one stream only
  bool track = false;
  std::filesystem::path draw;  // a file, or a folder for many; empty: nothing is drawn
};

// One picture's end, told in the order of the pictures. Valid during the call.
struct VisionResult {
  const PictureInput& input;
  const VisionRecipe* recipe = nullptr;
  VisionWork* work = nullptr;  // null where there is an error, or the frame was passed over
  std::optional<Error> error{};
  std::optional<LatencyDecision> decision{};  // with a latency budget
  std::string drawn{};                        // the file that was painted
};

struct VisionRunSummary {
  std::uint64_t n_done = 0;
  std::uint64_t n_failed = 0;
  std::uint64_t n_skipped = 0;
  double wall_s = 0;
  int worst_exit_status = 0;
  [[nodiscard]] double fps() const { return wall_s > 0 ? static_cast<double>(n_done) / wall_s : 0; }
};

// Returns when all pictures are told, or `bounds` end it (kCancelled, kDeadlineExceeded). Errors of opening the model
// come before the first picture; a picture's own go to `tell`, which is called on several threads, one at a time.
// kInvalidArgument: options that exclude one another.
[[nodiscard]] Result<VisionRunSummary> run_vision(TensorService& service, PictureSource& source,
                                                  const VisionRunOptions& options, const CallBounds& bounds,
                                                  const std::function<void(const VisionResult&)>& tell);

}  // namespace hearth
