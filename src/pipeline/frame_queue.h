// Frames that wait before a stage: bounded, and what happens at the bound is the stage's choice.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "pipeline/frame.h"
#include "pipeline/graph.h"

namespace hearth {

using FramePtr = std::shared_ptr<Frame>;  // shared: a frame may go to several stages

// Thread-safe.
class FrameQueue {
 public:
  FrameQueue(std::size_t capacity, DropPolicy drop) : capacity_(capacity), drop_(drop) {}

  // Waits while it is full, or drops by its policy. False: it was closed, and the frame goes nowhere.
  bool push(FramePtr frame) {
    std::unique_lock lock(gate_);
    if (drop_ == DropPolicy::kBlock) changed_.wait(lock, [this] { return closed_ || frames_.size() < capacity_; });
    if (closed_) return false;
    if (frames_.size() >= capacity_) {
      ++dropped_;
      if (drop_ == DropPolicy::kNewest) return true;
      frames_.pop_front();
    }
    frames_.push_back(std::move(frame));
    deepest_ = std::max(deepest_, frames_.size());
    changed_.notify_all();
    return true;
  }
  // Waits for one; null once it is closed and empty.
  FramePtr pop() {
    std::unique_lock lock(gate_);
    changed_.wait(lock, [this] { return closed_ || !frames_.empty(); });
    if (frames_.empty()) return nullptr;
    FramePtr frame = std::move(frames_.front());
    frames_.pop_front();
    changed_.notify_all();
    return frame;
  }
  // No more come; with `at_once` those that wait go too.
  void close(bool at_once = false) {
    const std::lock_guard lock(gate_);
    closed_ = true;
    if (at_once) frames_.clear();
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
  const std::size_t capacity_;
  const DropPolicy drop_;
  mutable std::mutex gate_;
  std::condition_variable changed_;
  std::deque<FramePtr> frames_;
  std::uint64_t dropped_ = 0;
  std::size_t deepest_ = 0;
  bool closed_ = false;
};

}  // namespace hearth
