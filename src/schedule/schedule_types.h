// Names that the parts of the scheduler share. Time is always passed in: nothing here reads a clock.
#pragma once

#include <chrono>
#include <cstdint>

namespace hearth {

using Instant = std::chrono::steady_clock::time_point;
using RequestId = std::uint64_t;
using SequenceId = std::uint64_t;
// One set of LoRA adapters with its scales, numbered by the caller; 0 = none.
using AdapterSetId = std::uint64_t;

// Seconds from `from` to `to`, negative where `to` is earlier.
[[nodiscard]] inline double seconds_between(Instant from, Instant to) {
  return std::chrono::duration<double>(to - from).count();
}

[[nodiscard]] inline Instant after(Instant from, double seconds) {
  return from + std::chrono::duration_cast<Instant::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace hearth
