// One lane of a WorkerLink, and how long a call on it is waited for.
#pragma once

#include <algorithm>
#include <chrono>
#include <new>

#include "plugin_host/worker_link.h"

namespace hearth {

struct WorkerLink::Lane {
  explicit Lane(FileDescriptor socket, SharedMemory page)
      : channel(std::move(socket)), control_page(std::move(page)), control(new (control_page.data()) LaneControl{}) {}
  Channel channel;
  SharedMemory control_page;
  LaneControl* control;  // in control_page
};

// Waits as long as the call's bounds allow plus the grace. Used by the calling thread alone.
class WorkerLink::CallPatience final : public Patience {
 public:
  CallPatience(const hearth_call* bounds, std::chrono::milliseconds grace) : bounds_(bounds), grace_(grace) {}
  // From now on a cancel is passed on through `control`; one that has come already is, before the worker has the call.
  void attach(LaneControl& control) {
    control_ = &control;
    if (!stopped_at_ && is_cancelled()) stop(ErrorCode::kCancelled, Clock::now());
  }

  std::optional<int> next_wait_ms() override {
    const auto now = Clock::now();
    if (!stopped_at_) {
      if (is_cancelled())
        stop(ErrorCode::kCancelled, now);
      else if (const auto deadline = deadline_time(); deadline && now >= *deadline)
        stop(ErrorCode::kDeadlineExceeded, *deadline);
    }
    if (stopped_at_) {
      const auto left = *stopped_at_ + grace_ - now;
      if (left > Clock::duration::zero()) return whole_ms(left);
      if (control_ != nullptr) control_->cancelled.store(1);
      return std::nullopt;
    }
    const auto deadline = deadline_time();
    if (can_be_cancelled()) return deadline ? std::min(kCancelPollMs, whole_ms(*deadline - now)) : kCancelPollMs;
    return deadline ? whole_ms(*deadline - now) : -1;
  }
  // Why it ended: Cancelled or DeadlineExceeded.
  [[nodiscard]] ErrorCode reason() const { return reason_; }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr int kCancelPollMs = 5;  // how late a cancel may reach the worker

  static int whole_ms(Clock::duration duration) {
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration).count();
    return static_cast<int>(std::clamp<std::int64_t>(ms, 1, 60'000));
  }
  [[nodiscard]] bool can_be_cancelled() const {
    return bounds_ != nullptr && HEARTH_HAS_FIELD(bounds_, hearth_call, is_cancelled) &&
           bounds_->is_cancelled != nullptr;
  }
  [[nodiscard]] bool is_cancelled() const { return can_be_cancelled() && bounds_->is_cancelled(bounds_->ctx) != 0; }
  [[nodiscard]] std::optional<Clock::time_point> deadline_time() const {
    if (bounds_ == nullptr || !HEARTH_HAS_FIELD(bounds_, hearth_call, deadline_ns) || bounds_->deadline_ns == 0)
      return std::nullopt;
    return Clock::time_point(
        std::chrono::duration_cast<Clock::duration>(std::chrono::nanoseconds(bounds_->deadline_ns)));
  }
  // The worker knows the deadline itself; only a cancel has to be told.
  void stop(ErrorCode reason, Clock::time_point at) {
    reason_ = reason;
    stopped_at_ = std::max(at, started_);
    if (reason == ErrorCode::kCancelled && control_ != nullptr) control_->cancelled.store(1);
  }

  const hearth_call* bounds_;
  std::chrono::milliseconds grace_;
  LaneControl* control_ = nullptr;
  Clock::time_point started_ = Clock::now();  // a deadline long past still leaves the whole grace
  std::optional<Clock::time_point> stopped_at_;
  ErrorCode reason_ = ErrorCode::kDeadlineExceeded;
};

}  // namespace hearth
