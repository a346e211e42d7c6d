// Whether a cached prefix is worth restoring, or computing it again is quicker: decided from what was measured.
#pragma once

#include <array>
#include <cstdint>

#include "schedule/online_fit.h"
#include "schedule/prefix_index.h"
#include "schedule/step_cost.h"

namespace hearth {

// Seconds to bring back an entry of a tier, verification included: a latency each and a time a byte, learnt from the
// transfers before. Externally synchronised.
class TransferCost {
 public:
  // What to believe before the first observation, e.g. from the measured speed of the disk.
  TransferCost(double latency_s, double bytes_s) : fit_({latency_s, kUnit / bytes_s}) {}

  void observe(std::uint64_t bytes, double seconds) { fit_.observe(features(bytes), seconds); }
  [[nodiscard]] double seconds(std::uint64_t bytes) const { return fit_.predict(features(bytes)); }

 private:
  static constexpr double kUnit = 1024.0 * 1024;  // keeps both features of one size
  static OnlineFit<2>::Vector features(std::uint64_t bytes) { return {1, static_cast<double>(bytes) / kUnit}; }
  OnlineFit<2> fit_;
};

struct RestoreCosts {
  std::array<const TransferCost*, kCacheTiers> tiers{};  // borrowed; null: the tier costs nothing (live cells)
  const StepCost* prefill = nullptr;                     // borrowed
  std::uint32_t chunk_tokens = 512;                      // of a prefill step
};

struct RestoreChoice {
  std::size_t segments = 0;  // of the match, from the front: the rest is computed again
  std::uint32_t tokens = 0;  // restored
  double restore_s = 0;
  double recompute_s = 0;  // of the tokens left, up to the prompt's end
};

// The cut with the least time until all `prompt_tokens` are there. A cache that is slower than the model is left alone.
// Of equal ones the longer restore, since it leaves the processor to others. O(segments).
[[nodiscard]] RestoreChoice choose_restore(const PrefixMatch& match, std::uint32_t prompt_tokens,
                                           const RestoreCosts& costs);

}  // namespace hearth
