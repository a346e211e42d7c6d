#include "metrics/histogram.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace hearth {
namespace {

std::size_t bucket_of(double value) {
  if (value <= Histogram::kSmallest) return 0;
  const double octaves = std::log2(value / Histogram::kSmallest) * Histogram::kPerOctave;
  return std::min(static_cast<std::size_t>(std::ceil(octaves)), Histogram::kBuckets - 1);
}

}  // namespace

double Histogram::upper_bound(std::size_t bucket) noexcept {
  if (bucket + 1 >= kBuckets) return std::numeric_limits<double>::infinity();
  return kSmallest * std::exp2(static_cast<double>(bucket) / kPerOctave);
}

void Histogram::observe(double value) noexcept {
  if (!(value > 0)) value = 0;
  buckets_[bucket_of(value)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
  count_.fetch_add(1, std::memory_order_relaxed);
}

double Histogram::quantile(double q) const noexcept {
  const auto total = static_cast<double>(count());
  if (total == 0) return 0;
  const double wanted = std::max(1.0, std::ceil(std::clamp(q, 0.0, 1.0) * total));
  double seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += static_cast<double>(bucket_count(i));
    if (seen < wanted) continue;
    if (i == 0) return 0;
    const double low = upper_bound(i - 1);
    // The bucket's geometric middle halves the largest relative error.
    return i + 1 == kBuckets ? low : std::sqrt(low * upper_bound(i));
  }
  return upper_bound(kBuckets - 2);
}

}  // namespace hearth
