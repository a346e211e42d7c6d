// A load on a text service: requests in a closed loop or as they arrive, and the times of every stream.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/call_bounds.h"
#include "base/clock.h"
#include "bench/request_mix.h"
#include "engine/text_service.h"

namespace hearth::bench {

struct LoadOptions {
  std::string model;
  std::uint32_t clients = 1;   // closed loop: so many that send the next request when the last is answered
  double arrivals_per_s = 0;   // above 0: open loop instead, requests arrive whatever becomes of the others
  std::uint64_t seed = 1;      // of the arrivals
  SamplingOptions sampling{};  // end tokens are ignored, so that answers have their length
};

// One request's times, in milliseconds since the load began. A gap lies between two events that brought tokens.
struct StreamSample {
  double started_ms = 0;
  double ended_ms = 0;
  double ttft_ms = 0;
  std::vector<double> gaps_ms{};
  std::uint32_t prompt_tokens = 0;
  std::uint32_t completion_tokens = 0;
  std::uint32_t cached_tokens = 0;
  std::string error{};  // empty: answered to its end
  // (last minus first token time) / (n - 1).
  [[nodiscard]] double tpot_ms() const;
};

struct LoadResult {
  std::vector<StreamSample> streams{};  // in the order of the requests
  double window_ms = 0;                 // from the first request to the last end
};

// Blocks until all are answered or the bounds are reached; then what runs is cancelled. kCancelled, kDeadlineExceeded,
// and what with_kit() fails with. A request's own failure is in its sample.
[[nodiscard]] Result<LoadResult> run_load(TextService& service, const Clock& clock,
                                          std::span<const LoadRequest> requests, const LoadOptions& options,
                                          const CallBounds& bounds);

}  // namespace hearth::bench
