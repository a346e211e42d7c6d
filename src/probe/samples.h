// Repeated measurements as one value with its spread, and threads that take them together.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "domain/hardware_profile.h"

namespace hearth {

// Median and, as spread, half the interquartile range as a share of it; absent without samples. Samples that are not
// positive are no measurements and are left out.
[[nodiscard]] Known<double> summarise_samples(std::vector<double> samples);

// Threads that do the same piece of work at the same time, again and again.
struct TeamWork {
  unsigned threads = 1;
  std::function<void(unsigned)> prepare;  // once in each thread, untimed
  std::function<void(unsigned)> pass;     // the piece of work; begun by all at once
  std::chrono::milliseconds time_max{1000};
  unsigned passes_min = 5;
};

// Seconds from the common start until the last thread was done, of each pass. At least passes_min unless that takes
// twice time_max; empty when the threads can't be had. The first pass warms up and is not among them.
[[nodiscard]] std::vector<double> time_team(const TeamWork& work);

}  // namespace hearth
