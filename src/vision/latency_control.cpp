#include "vision/latency_control.h"

#include <fmt/format.h>

#include <algorithm>

namespace hearth {
namespace {

// A new latency counts for this much: three frames are seen, one outlier is not.
constexpr double kSmoothing = 0.3;
// How often a failed step up lengthens the wait at most.
constexpr std::uint32_t kWaitMax = 16;

}  // namespace

LatencyController::LatencyController(LatencyControlOptions options) : options_(std::move(options)) {
  if (options_.rungs.empty()) options_.rungs.push_back(0);
  up_wait_ = options_.up_frames;
}

std::int32_t LatencyController::resolution() const { return options_.rungs[rung_]; }

LatencyDecision LatencyController::next() {
  LatencyDecision decision;
  decision.resolution = resolution();
  decision.skip = skip_;
  decision.process = until_next_ == 0;
  decision.latency_ms = smoothed_ms_;
  decision.changed = changed_;
  decision.reason = std::move(reason_);
  reason_.clear();
  changed_ = false;
  until_next_ = decision.process ? skip_ : until_next_ - 1;
  return decision;
}

// The mean over all frames, one step up. A convolution's work grows with the pixels; what doesn't (decoding) makes this
// a safe guess.
double LatencyController::expected_up_ms() const {
  if (skip_ > 0) return smoothed_ms_ / skip_;
  const double ratio = static_cast<double>(options_.rungs[rung_ - 1]) / options_.rungs[rung_];
  return smoothed_ms_ * ratio * ratio;
}

void LatencyController::step_down() {
  const std::int32_t before = resolution();
  if (rung_ + 1 < options_.rungs.size()) {
    ++rung_;
    reason_ = fmt::format("{:.1f} ms a frame are above the budget of {:.1f} ms: resolution {} -> {}", smoothed_ms_,
                          options_.budget_ms, before, resolution());
  } else if (skip_ < options_.skip_max) {
    ++skip_;
    reason_ = fmt::format(
        "{:.1f} ms a frame are above the budget of {:.1f} ms at the smallest resolution: one frame of {} is processed",
        smoothed_ms_, options_.budget_ms, skip_ + 1);
  } else {
    return;  // nothing is left to give
  }
  changed_ = true;
  // A step up that had to be undone is tried again later.
  if (undo_frames_ > 0) up_wait_ = std::min(up_wait_ * 2, options_.up_frames * kWaitMax);
  undo_frames_ = 0;  // what runs now is no proof that the rung above holds
}

void LatencyController::step_up() {
  const std::int32_t before = resolution();
  if (skip_ > 0) {
    --skip_;
    reason_ = fmt::format("{:.1f} ms a frame leave room in the budget of {:.1f} ms: one frame of {} is processed",
                          smoothed_ms_, options_.budget_ms, skip_ + 1);
  } else {
    --rung_;
    reason_ = fmt::format("{:.1f} ms a frame leave room in the budget of {:.1f} ms: resolution {} -> {}", smoothed_ms_,
                          options_.budget_ms, before, resolution());
  }
  changed_ = true;
  undo_frames_ = options_.up_frames;
}

void LatencyController::measured(double latency_ms) {
  if (!(latency_ms >= 0)) return;
  smoothed_ms_ = smoothed_ms_ == 0 ? latency_ms : smoothed_ms_ + kSmoothing * (latency_ms - smoothed_ms_);
  if (undo_frames_ > 0 && --undo_frames_ == 0) up_wait_ = options_.up_frames;
  // Skipped frames give the ones that are processed more time: the budget is for each frame that comes.
  const double each_ms = smoothed_ms_ / (skip_ + 1);
  over_ = each_ms > options_.budget_ms * options_.down_at ? over_ + 1 : 0;
  const bool can_rise = rung_ > 0 || skip_ > 0;
  const double expected_each_ms = can_rise ? expected_up_ms() : 0;
  under_ = can_rise && expected_each_ms < options_.budget_ms * options_.up_at ? under_ + 1 : 0;
  if (over_ >= options_.down_frames) {
    step_down();
  } else if (under_ >= up_wait_) {
    step_up();
  } else {
    return;
  }
  over_ = under_ = 0;
  smoothed_ms_ = 0;  // the next latencies are of another size
}

}  // namespace hearth
