// Keeps a stream within its latency budget: resolution and frame skipping from measured latencies. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace hearth {

struct LatencyControlOptions {
  // From a frame's bytes to its boxes. With frames passed over it is the mean over all that come.
  double budget_ms = 100;
  // Sides of the model's input that may be chosen, largest first. A model of one size has one rung.
  std::vector<std::int32_t> rungs{640, 512, 416, 320, 224};
  double down_at = 1.0;           // a smoothed latency above this share of the budget goes a rung down
  double up_at = 0.75;            // the next rung's expected latency below this share goes a rung up
  std::uint32_t down_frames = 3;  // in a row, before going down
  std::uint32_t up_frames = 30;   // in a row, before going up: coming back is slower than going
  std::uint32_t skip_max = 8;     // at most one frame of skip_max + 1 is processed
};

// What to do with the next frame, and why.
struct LatencyDecision {
  std::int32_t resolution = 0;  // side of the input, pixels
  std::uint32_t skip = 0;       // frames to pass over between two that are processed
  bool process = true;          // whether this frame is processed
  bool changed = false;         // rung or skip differ from the frame before
  double latency_ms = 0;        // smoothed; 0 before the first measurement
  std::string reason;           // one sentence where `changed`, else empty
};

// One stream. Externally synchronised.
class LatencyController {
 public:
  explicit LatencyController(LatencyControlOptions options);

  // For each frame that comes, in order.
  [[nodiscard]] LatencyDecision next();
  // For each frame that was processed: its whole latency at the resolution that was decided.
  void measured(double latency_ms);

  [[nodiscard]] std::int32_t resolution() const;
  [[nodiscard]] std::uint32_t skip() const { return skip_; }

 private:
  void step_down();
  void step_up();
  [[nodiscard]] double expected_up_ms() const;

  LatencyControlOptions options_;
  std::size_t rung_ = 0;
  std::uint32_t skip_ = 0;
  std::uint32_t until_next_ = 0;  // frames still to be passed over
  std::uint32_t over_ = 0;        // measurements in a row above the budget
  std::uint32_t under_ = 0;
  std::uint32_t up_wait_ = 0;      // frames that have to go well before the next step up; doubled when one was undone
  std::uint32_t undo_frames_ = 0;  // frames within which a step down undoes the last step up
  double smoothed_ms_ = 0;
  bool changed_ = false;
  std::string reason_;
};

}  // namespace hearth
