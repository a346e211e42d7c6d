// How well projections did: the error by component over time.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "metrics/ledger_record.h"

namespace hearth {

// Steady: the median changed by less than a point and less than a tenth of itself. Unknown: fewer than four records.
enum class LedgerTrend { kUnknown, kBetter, kSteady, kWorse };
[[nodiscard]] const char* to_string(LedgerTrend trend);

// Neighbouring records of one component, taken together.
struct LedgerPeriod {
  std::chrono::system_clock::time_point from, until;
  double median_abs_error = 0;  // as a share
  std::size_t n = 0;
};

// One component of one machine: "decode_tok_s", "weights_bytes", ...
struct LedgerComponent {
  std::string machine, kind, metric, unit;
  std::size_t n = 0;          // records, all of them
  std::size_t disturbed = 0;  // of which left out below
  std::size_t compared = 0;   // undisturbed, with a projection
  std::optional<double> median_abs_error, median_error;
  LedgerTrend trend = LedgerTrend::kUnknown;  // the newer half against the older half
  std::vector<LedgerPeriod> periods;          // oldest first
};

// `records` oldest first. Sorted by machine, kind and metric.
[[nodiscard]] std::vector<LedgerComponent> summarise_ledger(std::span<const LedgerRecord> records);

// The middle of the values, or the mean of the two middle ones; 0 of none.
[[nodiscard]] double median_of(std::vector<double> values);
// Half the interquartile range as a share of the median; absent with fewer than two values or a median of 0.
[[nodiscard]] std::optional<double> spread_of(const std::vector<double>& values);

}  // namespace hearth
