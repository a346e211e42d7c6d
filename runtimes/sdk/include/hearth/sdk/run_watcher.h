// Stops runs whose callers gave up. One thread watches all runs of a session: one for each run, woken every other
// millisecond, takes 2 % of small graphs' time from the threads that compute them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "hearth/sdk/call_guard.h"

namespace hearth::sdk {

// Asks the calls of runs that are under way every few milliseconds whether they should stop. Its thread starts with the
// first bounded run and sleeps while there is none. Internally locked; outlives its watches.
class RunWatcher {
 public:
  // One run, for as long as this lives. `stop` is called at most once, on the watcher's thread, never after this is
  // gone, and throws nothing. A call without bounds is not watched.
  class Watch {
   public:
    Watch(RunWatcher& watcher, const CallGuard& call, std::function<void()> stop)
        : watcher_(watcher), call_(call), stop_(std::move(stop)) {
      if (call_.is_bounded()) watcher_.add(*this);
    }
    ~Watch() {
      if (call_.is_bounded()) watcher_.remove(*this);
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class RunWatcher;
    RunWatcher& watcher_;
    const CallGuard& call_;
    std::function<void()> stop_;
    bool is_stopped_ = false;
  };

  RunWatcher() = default;
  ~RunWatcher() {
    {
      const std::lock_guard lock(mutex_);
      is_ended_ = true;
    }
    changed_.notify_one();
    if (thread_.joinable()) thread_.join();
  }
  RunWatcher(const RunWatcher&) = delete;
  RunWatcher& operator=(const RunWatcher&) = delete;

 private:
  static constexpr std::chrono::milliseconds kPeriod{5};
  // Runs follow one another: the thread is not put to sleep and woken for every gap between two.
  static constexpr std::uint32_t kIdlePeriods = 20;

  void add(Watch& watch) {
    const std::lock_guard lock(mutex_);
    runs_.push_back(&watch);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
    if (is_asleep_) changed_.notify_one();
  }
  void remove(Watch& watch) {
    const std::lock_guard lock(mutex_);
    std::erase(runs_, &watch);
  }
  void run() {
    std::unique_lock lock(mutex_);
    for (std::uint32_t n_idle = 0; !is_ended_;) {
      n_idle = runs_.empty() ? n_idle + 1 : 0;
      if (n_idle > kIdlePeriods) {
        is_asleep_ = true;
        changed_.wait(lock, [this] { return is_ended_ || !runs_.empty(); });
        is_asleep_ = false;
        n_idle = 0;
      }
      changed_.wait_for(lock, kPeriod, [this] { return is_ended_; });
      for (auto* watch : runs_) {
        if (watch->is_stopped_ || !watch->call_.should_stop()) continue;
        watch->is_stopped_ = true;
        watch->stop_();
      }
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Watch*> runs_;
  bool is_asleep_ = false;
  bool is_ended_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace hearth::sdk
