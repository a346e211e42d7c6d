#include "hearth/sdk/run_watcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <vector>

namespace hearth::sdk {
namespace {

// A call that its test can cancel.
struct Call {
  std::atomic<bool> cancelled = false;
  hearth_call raw{};
  Host host{nullptr};
  Call() {
    raw.struct_size = sizeof(raw);
    raw.ctx = this;
    raw.is_cancelled = [](void* ctx) -> std::int32_t { return static_cast<Call*>(ctx)->cancelled ? 1 : 0; };
  }
  [[nodiscard]] CallGuard guard() const { return {host, &raw}; }
};

TEST(RunWatcher, stops_the_run_whose_call_was_given_up_once_and_no_other) {
  RunWatcher watcher;
  Call given_up;
  Call going_on;
  const auto first = given_up.guard();
  const auto second = going_on.guard();
  std::promise<void> stopped;
  std::atomic<int> n_first = 0;
  std::atomic<int> n_second = 0;
  {
    const RunWatcher::Watch a(watcher, first, [&] {
      if (++n_first == 1) stopped.set_value();
    });
    const RunWatcher::Watch b(watcher, second, [&] { ++n_second; });
    given_up.cancelled = true;
    stopped.get_future().wait();
    // A later run is looked at in the same turn as the one that was stopped: a second stop would come before this ends.
    Call next;
    const auto third = next.guard();
    std::promise<void> again;
    const RunWatcher::Watch c(watcher, third, [&] { again.set_value(); });
    next.cancelled = true;
    again.get_future().wait();
  }
  EXPECT_EQ(n_first, 1);
  EXPECT_EQ(n_second, 0);
}

TEST(RunWatcher, a_run_that_ended_is_not_stopped_and_one_without_bounds_is_not_watched) {
  RunWatcher watcher;
  Call call;
  const auto guard = call.guard();
  const Host host(nullptr);
  const CallGuard unbounded(host, nullptr);
  std::atomic<int> n = 0;
  {
    const RunWatcher::Watch ended(watcher, guard, [&] { ++n; });
  }
  const RunWatcher::Watch free(watcher, unbounded, [&] { ++n; });
  call.cancelled = true;
  std::promise<void> turned;
  const RunWatcher::Watch other(watcher, guard, [&] { turned.set_value(); });
  turned.get_future().wait();
  EXPECT_EQ(n, 0);
}

TEST(RunWatcher, watches_runs_of_many_threads_that_come_and_go) {
  RunWatcher watcher;
  Call call;
  std::vector<std::thread> threads;
  std::atomic<int> n = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      const auto guard = call.guard();
      for (int i = 0; i < 2000; ++i) {
        const RunWatcher::Watch watch(watcher, guard, [] {});
        ++n;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(n, 8000);
}

}  // namespace
}  // namespace hearth::sdk
