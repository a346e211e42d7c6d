// From the times of a load's streams to the figures that are compared.
#pragma once

#include <span>

#include "bench/text_load.h"

namespace hearth::bench {

struct Percentiles {
  double p50 = 0;
  double p95 = 0;
  double p99 = 0;
  double max = 0;
};
// By nearest rank: each is one of the values. All 0 without values.
[[nodiscard]] Percentiles percentiles(std::vector<double> values);

// A gap inside a stream is too long above the larger of 500 ms and 8 times the stream's median gap.
inline constexpr double kGapFloorMs = 500;
inline constexpr double kGapToMedianMax = 8;

struct LoadFigures {
  std::size_t requests = 0;
  std::size_t failed = 0;  // takes part in nothing below
  double window_ms = 0;
  std::uint64_t prompt_tokens = 0;
  std::uint64_t cached_tokens = 0;
  std::uint64_t completion_tokens = 0;
  double completion_tok_s = 0;  // of all streams together
  double total_tok_s = 0;       // prompts too
  Percentiles ttft_ms{};
  Percentiles tpot_ms{};
  Percentiles itl_ms{};
  double prefill_tok_s = 0;  // median of the streams: computed prompt tokens over TTFT, so alone only without a queue
  double decode_tok_s = 0;   // median of the streams
  double worst_gap_ms = 0;
  double worst_gap_to_median = 0;
  std::size_t streams_over_gap_bound = 0;
};
[[nodiscard]] LoadFigures load_figures(const LoadResult& load);

}  // namespace hearth::bench
