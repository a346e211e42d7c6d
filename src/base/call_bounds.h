// What bounds one piece of work: a way to cancel it and a time by which it must end.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace hearth {

// Asks running work to stop. Copies share one flag. Thread-safe; request() is async-signal-safe once constructed.
class CancelToken {
 public:
  CancelToken() : flag_(std::make_shared<std::atomic<bool>>(false)) {}
  void request() const noexcept { flag_->store(true, std::memory_order_relaxed); }
  void reset() const noexcept { flag_->store(false, std::memory_order_relaxed); }
  [[nodiscard]] bool requested() const noexcept { return flag_->load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> flag_;  // shared: the asker and the worker outlive each other in either order
};

// Borrowed by a call for its duration.
struct CallBounds {
  const CancelToken* cancel = nullptr;                                 // null: can't be cancelled
  std::optional<std::chrono::steady_clock::time_point> deadline = {};  // absent: none
  unsigned n_threads = 0;                                              // 0: as loaded
};

}  // namespace hearth
