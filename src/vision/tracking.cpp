#include "vision/tracking.h"

#include <algorithm>
#include <vector>

#include "vision/assignment.h"
#include "vision/kalman_box.h"

namespace hearth {
namespace {

struct Track {
  KalmanBox motion;
  std::int64_t id = 0;
  std::int32_t class_id = 0;
  std::uint32_t lost_frames = 0;  // since it was seen last
  bool confirmed = false;         // seen twice, or in the first frame
  bool matched = false;           // in this frame
};

// What an association looks at: tracks and detections by index, not matched yet.
using Indices = std::vector<std::size_t>;

}  // namespace

struct Tracker::State {
  TrackerOptions options;
  std::vector<Track> tracks;
  Assignment assignment;
  Indices high, low, candidates;
  std::int64_t next_id = 1;
  bool first_frame = true;

  void predict(std::uint32_t n_frames);
  void associate(Detections& detections, Indices& objects, float cost_max, bool fuse_score);
  void begin_tracks(Detections& detections);
  void drop_lost(std::uint32_t n_frames);
};

void Tracker::State::predict(std::uint32_t n_frames) {
  for (Track& track : tracks) {
    track.matched = false;
    if (track.lost_frames > 0) track.motion.hold_height();
    for (std::uint32_t i = 0; i < n_frames; ++i) track.motion.predict();
  }
}

// Matches `candidates` (tracks) with `objects`; both keep what is left.
void Tracker::State::associate(Detections& detections, Indices& objects, float cost_max, bool fuse_score) {
  if (candidates.empty() || objects.empty()) return;
  auto& costs = assignment.begin(candidates.size(), objects.size());
  for (std::size_t row = 0; row < candidates.size(); ++row) {
    const Track& track = tracks[candidates[row]];
    const Box box = track.motion.box();
    for (std::size_t column = 0; column < objects.size(); ++column) {
      const Detection& object = detections.objects[objects[column]];
      const float overlap = object.class_id == track.class_id ? iou(box, object.box) : 0.0F;
      costs[row * objects.size() + column] = 1 - overlap * (fuse_score ? object.score : 1.0F);
    }
  }
  const auto& columns = assignment.solve(cost_max);
  for (std::size_t row = 0; row < candidates.size(); ++row) {
    if (columns[row] < 0) continue;
    Track& track = tracks[candidates[row]];
    Detection& object = detections.objects[objects[static_cast<std::size_t>(columns[row])]];
    track.motion.correct(object.box);
    track.matched = true;
    track.confirmed = true;
    track.lost_frames = 0;
    object.track_id = track.id;
  }
  std::erase_if(objects, [&](std::size_t i) { return detections.objects[i].track_id >= 0; });
  std::erase_if(candidates, [&](std::size_t i) { return tracks[i].matched; });
}

void Tracker::State::begin_tracks(Detections& detections) {
  for (const std::size_t i : high) {
    Detection& object = detections.objects[i];
    if (object.score < options.new_track_score || tracks.size() >= options.tracks_max) continue;
    Track track;
    track.motion = KalmanBox(object.box);
    track.id = next_id++;
    track.class_id = object.class_id;
    track.confirmed = first_frame;
    track.matched = true;
    if (track.confirmed) object.track_id = track.id;
    tracks.push_back(track);
  }
}

// A track that was never confirmed is gone at once: one frame's ghost.
void Tracker::State::drop_lost(std::uint32_t n_frames) {
  for (Track& track : tracks) {
    if (!track.matched) track.lost_frames += n_frames;
  }
  std::erase_if(
      tracks, [&](const Track& track) { return track.lost_frames > (track.confirmed ? options.lost_frames_max : 0); });
}

Tracker::Tracker(const TrackerOptions& options) : state_(std::make_unique<State>()) { state_->options = options; }
Tracker::~Tracker() = default;
Tracker::Tracker(Tracker&&) noexcept = default;
Tracker& Tracker::operator=(Tracker&&) noexcept = default;

void Tracker::update(Detections& detections, std::uint32_t n_frames) {
  State& state = *state_;
  n_frames = std::clamp<std::uint32_t>(n_frames, 1, state.options.lost_frames_max + 1);
  state.predict(n_frames);
  state.high.clear();
  state.low.clear();
  for (std::size_t i = 0; i < detections.objects.size(); ++i) {
    Detection& object = detections.objects[i];
    object.track_id = -1;
    if (object.score >= state.options.high_score) {
      state.high.push_back(i);
    } else if (object.score >= state.options.low_score) {
      state.low.push_back(i);
    }
  }
  state.candidates.clear();
  for (std::size_t i = 0; i < state.tracks.size(); ++i) state.candidates.push_back(i);
  state.associate(detections, state.high, state.options.match_cost_max, true);
  // What is weak may keep alive what was seen in the last frame; a lost track would take a ghost for itself.
  std::erase_if(state.candidates,
                [&](std::size_t i) { return state.tracks[i].lost_frames > 0 || !state.tracks[i].confirmed; });
  state.associate(detections, state.low, state.options.second_cost_max, false);
  state.begin_tracks(detections);
  state.drop_lost(n_frames);
  state.first_frame = false;
}

void Tracker::reset() {
  state_->tracks.clear();
  state_->first_frame = true;
}

}  // namespace hearth
