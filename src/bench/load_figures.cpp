#include "bench/load_figures.h"

#include <algorithm>
#include <cmath>

namespace hearth::bench {
namespace {

// `ordered` is sorted and not empty.
double nearest_rank(const std::vector<double>& ordered, double share) {
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(ordered.size())));
  return ordered[std::max<std::size_t>(rank, 1) - 1];
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return nearest_rank(values, 0.5);
}

void add_gaps(LoadFigures& figures, const std::vector<double>& gaps) {
  if (gaps.empty()) return;
  const double longest = std::ranges::max(gaps), middle = median(gaps);
  figures.worst_gap_ms = std::max(figures.worst_gap_ms, longest);
  if (middle > 0) figures.worst_gap_to_median = std::max(figures.worst_gap_to_median, longest / middle);
  if (longest > std::max(kGapFloorMs, kGapToMedianMax * middle)) ++figures.streams_over_gap_bound;
}

}  // namespace

Percentiles percentiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  return {nearest_rank(values, 0.5), nearest_rank(values, 0.95), nearest_rank(values, 0.99), values.back()};
}

LoadFigures load_figures(const LoadResult& load) {
  LoadFigures figures{.requests = load.streams.size(), .window_ms = load.window_ms};
  std::vector<double> ttft, tpot, itl, prefill, decode;
  for (const auto& stream : load.streams) {
    if (!stream.error.empty() || stream.completion_tokens == 0) {
      ++figures.failed;
      continue;
    }
    figures.prompt_tokens += stream.prompt_tokens;
    figures.cached_tokens += stream.cached_tokens;
    figures.completion_tokens += stream.completion_tokens;
    ttft.push_back(stream.ttft_ms);
    if (stream.ttft_ms > 0) prefill.push_back((stream.prompt_tokens - stream.cached_tokens) * 1000.0 / stream.ttft_ms);
    if (const double each_ms = stream.tpot_ms(); each_ms > 0) {
      tpot.push_back(each_ms);
      decode.push_back(1000.0 / each_ms);
    }
    itl.insert(itl.end(), stream.gaps_ms.begin(), stream.gaps_ms.end());
    add_gaps(figures, stream.gaps_ms);
  }
  if (load.window_ms > 0) {
    figures.completion_tok_s = static_cast<double>(figures.completion_tokens) * 1000 / load.window_ms;
    figures.total_tok_s =
        static_cast<double>(figures.completion_tokens + figures.prompt_tokens) * 1000 / load.window_ms;
  }
  figures.ttft_ms = percentiles(std::move(ttft));
  figures.tpot_ms = percentiles(std::move(tpot));
  figures.itl_ms = percentiles(std::move(itl));
  figures.prefill_tok_s = median(std::move(prefill));
  figures.decode_tok_s = median(std::move(decode));
  return figures;
}

}  // namespace hearth::bench
