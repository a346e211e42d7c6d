// Identities for the objects of a video: ByteTrack.
#pragma once

#include <cstdint>
#include <memory>

#include "vision/detection.h"

namespace hearth {

// Source for the numbers: ByteTrack (Zhang et al. 2022, arXiv:2110.06864), section 4 and its published settings.
struct TrackerOptions {
  float high_score = 0.5F;             // detections that are matched first
  float low_score = 0.1F;              // detections that may keep a track alive, but begin none
  float new_track_score = 0.6F;        // a track begins at this score
  float match_cost_max = 0.8F;         // 1 - IoU of the first association, fused with the score
  float second_cost_max = 0.5F;        // of the second
  std::uint32_t lost_frames_max = 30;  // frames a lost track is remembered
  std::uint32_t tracks_max = 1'000;
};

// Follows one stream. A constant-velocity Kalman filter predicts; two rounds of optimal assignment (Hungarian) by class
// match. Feed detections from low_score upwards. Nothing is allocated once the number of objects has been seen.
// One thread at a time.
class Tracker {
 public:
  explicit Tracker(const TrackerOptions& options = {});
  ~Tracker();
  Tracker(Tracker&&) noexcept;
  Tracker& operator=(Tracker&&) noexcept;

  // Sets track_id of what belongs to a track; ids count from 1 and are never reused. A new track shows its id from its
  // second frame on, except in the first frame of the stream. Frames that were skipped are told by `n_frames` > 1.
  void update(Detections& detections, std::uint32_t n_frames = 1);
  // Forgets all tracks; ids go on.
  void reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth
