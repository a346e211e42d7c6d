// Frames that wait before a stage: bounded, and what happens at the bound is the stage's choice.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/frame.h"
#include "pipeline/graph.h"

namespace hearth {

using FramePtr = std::shared_ptr<Frame>;  // shared: a frame may go to several stages

// Thread-safe.
class FrameQueue {
 public:
  FrameQueue(std::size_t capacity, DropPolicy drop) : drop_(drop), ring_(capacity) {}

  // Waits while it is full, or drops by its policy. False: it was closed, and the frame goes nowhere.
  bool push(FramePtr frame) {
    std::unique_lock lock(gate_);
    if (drop_ == DropPolicy::kBlock) changed_.wait(lock, [this] { return closed_ || n_frames_ < ring_.size(); });
    if (closed_) return false;
    if (n_frames_ == ring_.size()) {
      ++dropped_;
      if (drop_ == DropPolicy::kNewest) return true;
      (void)take_first();
    }
    ring_[(first_ + n_frames_++) % ring_.size()] = std::move(frame);
    deepest_ = std::max(deepest_, n_frames_);
    changed_.notify_all();
    return true;
  }
  // Waits for one; null once it is closed and empty.
  FramePtr pop() {
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return closed_ || n_frames_ > 0; });
    if (n_frames_ == 0) return nullptr;
    FramePtr frame = take_first();
    changed_.notify_all();
    return frame;
  }
  // No more come; with `at_once` those that wait go too.
  void close(bool at_once = false) {
    const std::lock_guard lock(gate_);
    closed_ = true;
    while (at_once && n_frames_ > 0) (void)take_first();
    changed_.notify_all();
  }
  [[nodiscard]] std::uint64_t dropped() const {
    const std::lock_guard lock(gate_);
    return dropped_;
  }
  [[nodiscard]] std::size_t deepest() const {
    const std::lock_guard lock(gate_);
    return deepest_;
  }

 private:
  FramePtr take_first() {
    FramePtr frame = std::move(ring_[first_]);
    first_ = (first_ + 1) % ring_.size();
    --n_frames_;
    return frame;
  }

  const DropPolicy drop_;
  mutable std::mutex gate_;
  std::condition_variable changed_;
  std::vector<FramePtr> ring_;  // as long as the queue may be
  std::size_t first_ = 0;
  std::size_t n_frames_ = 0;
  std::uint64_t dropped_ = 0;
  std::size_t deepest_ = 0;
  bool closed_ = false;
};

}  // namespace hearth
