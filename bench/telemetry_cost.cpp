// What sampling this machine costs: processor time of a sample, and the share of one core at 1 Hz and at 10 Hz.
// Usage: telemetry_cost [SAMPLES [SYSROOT]]
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "probe/telemetry_sampler.h"

namespace {

double processor_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

int main(int argc, char** argv) {
  const int samples = argc > 1 ? std::max(1, std::atoi(argv[1])) : 2000;
  hearth::TelemetryOptions options;
  options.disk_folder = "/";
  hearth::TelemetrySampler sampler(hearth::SystemTree(argc > 2 ? argv[2] : "/"), options);
  constexpr int kRuns = 5;
  std::vector<double> each_us;
  auto at = std::chrono::steady_clock::now();
  for (int i = 0; i < samples; ++i) (void)sampler.sample(at += std::chrono::milliseconds(1));  // warm
  for (int run = 0; run < kRuns; ++run) {
    const double before_s = processor_s();
    // At 1 Hz by the clock that the sampler is told: the search for sources once a minute is paid for too.
    for (int i = 0; i < samples; ++i) (void)sampler.sample(at += std::chrono::seconds(1));
    each_us.push_back((processor_s() - before_s) / samples * 1e6);
  }
  std::sort(each_us.begin(), each_us.end());
  const double us = each_us[kRuns / 2];
  fmt::print(R"({{"samples": {}, "runs": {}, "sample_us": {:.1f}, "low_us": {:.1f}, "high_us": {:.1f}, )"
             R"("share_of_core_at_1_hz": {:.6f}, "share_of_core_at_10_hz": {:.6f}}})"
             "\n",
             samples, kRuns, us, each_us.front(), each_us.back(), us * 1e-6, us * 1e-5);
  return 0;
}
