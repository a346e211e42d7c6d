#include "probe/samples.h"

#include <algorithm>
#include <atomic>
#include <barrier>
#include <system_error>
#include <thread>

namespace hearth {
namespace {

using Clock = std::chrono::steady_clock;

// Linear between the two nearest ranks; `sorted` is not empty.
double quantile(const std::vector<double>& sorted, double share) {
  const double at = share * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

// Notes the time whenever all threads have arrived: by turns the beginning and the end of a pass.
class PassTimer {
 public:
  PassTimer(const TeamWork& work) : work_(work), begin_(Clock::now()) { seconds_.reserve(kPassesMax + 1); }

  void all_arrived() noexcept {
    const auto now = Clock::now();
    if (!running_) {
      pass_begin_ = now;
      running_ = true;
      return;
    }
    running_ = false;
    seconds_.push_back(std::chrono::duration<double>(now - pass_begin_).count());
    const auto spent = now - begin_;
    const bool enough = seconds_.size() > work_.passes_min && spent >= work_.time_max;
    done_ = enough || spent >= 2 * work_.time_max || seconds_.size() > kPassesMax;
  }
  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] std::vector<double> take() && {
    if (seconds_.size() > 1) seconds_.erase(seconds_.begin());
    return std::move(seconds_);
  }

 private:
  static constexpr std::size_t kPassesMax = 10'000;
  const TeamWork& work_;
  Clock::time_point begin_;
  Clock::time_point pass_begin_;
  std::vector<double> seconds_;
  bool running_ = false;
  bool done_ = false;  // written while all threads wait, read when they go on
};

}  // namespace

Known<double> summarise_samples(std::vector<double> samples) {
  std::erase_if(samples, [](double sample) { return !(sample > 0); });
  if (samples.empty()) return std::nullopt;
  std::sort(samples.begin(), samples.end());
  const double median = quantile(samples, 0.5);
  const double spread = (quantile(samples, 0.75) - quantile(samples, 0.25)) / 2 / median;
  return Fact<double>{median, Provenance::kMeasured, spread};
}

std::vector<double> time_team(const TeamWork& work) {
  PassTimer timer(work);
  const auto all_arrived = [&timer]() noexcept { timer.all_arrived(); };
  std::barrier barrier(static_cast<std::ptrdiff_t>(work.threads), all_arrived);
  constexpr int kWait = 0, kGo = 1, kGoHome = 2;
  std::atomic<int> signal = kWait;
  const auto body = [&](unsigned thread) {
    signal.wait(kWait);
    if (signal == kGoHome) return;
    if (work.prepare) work.prepare(thread);
    while (!timer.done()) {
      barrier.arrive_and_wait();
      work.pass(thread);
      barrier.arrive_and_wait();
    }
  };
  std::vector<std::thread> threads;
  try {
    for (unsigned i = 0; i < work.threads; ++i) threads.emplace_back(body, i);
    signal = kGo;
  } catch (const std::system_error&) {  // the system has no more threads
    signal = kGoHome;
  }
  signal.notify_all();
  for (auto& thread : threads) thread.join();
  return std::move(timer).take();
}

}  // namespace hearth
