// Between who makes audio and who plays or sends it: a bounded ring of samples that makes either wait for the other.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <span>

#include "audio/sample_ring.h"

namespace hearth {

// Internally locked: one maker and one taker, each on a thread of its own. Allocates once.
class FrameRing {
 public:
  explicit FrameRing(std::size_t capacity) : ring_(capacity) {}

  // All of `samples`, waiting while there is no room. False: the taker is gone, and what is left of them is dropped.
  bool push(std::span<const float> samples) {
    std::unique_lock lock(gate_);
    while (!samples.empty()) {
      changed_.wait(lock, [this] { return closed_ || held() < ring_.capacity(); });
      if (closed_) return false;
      const std::size_t n = std::min(samples.size(), ring_.capacity() - held());
      (void)ring_.push(samples.first(n));
      samples = samples.subspan(n);
      changed_.notify_all();
    }
    return !closed_;
  }
  // Nothing more comes.
  void finish() {
    const std::lock_guard lock(gate_);
    finished_ = true;
    changed_.notify_all();
  }

  struct Taken {
    std::size_t n = 0;    // samples that came: a whole frame, or fewer at the end
    bool at_end = false;  // nothing more comes
  };
  // Waits for as many samples as fit, for the end, or for `at_most`, after which none come. `frame` is no longer than
  // the capacity.
  Taken take(std::span<float> frame, std::chrono::milliseconds at_most) {
    std::unique_lock lock(gate_);
    const bool ready = changed_.wait_for(lock, at_most, [&] { return finished_ || closed_ || held() >= frame.size(); });
    if (!ready) return {};
    const std::size_t n = std::min(frame.size(), held());
    (void)ring_.read(ring_.begin(), frame.first(n));
    ring_.let_go(ring_.begin() + n);
    changed_.notify_all();
    return {n, finished_ && held() == 0};
  }
  // The taker leaves; the maker's push() returns false.
  void close() {
    const std::lock_guard lock(gate_);
    closed_ = true;
    changed_.notify_all();
  }

 private:
  [[nodiscard]] std::size_t held() const { return static_cast<std::size_t>(ring_.end() - ring_.begin()); }

  std::mutex gate_;
  std::condition_variable changed_;
  SampleRing ring_;
  bool finished_ = false;
  bool closed_ = false;
};

}  // namespace hearth
