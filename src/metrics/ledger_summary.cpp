#include "metrics/ledger_summary.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

namespace hearth {
namespace {

constexpr std::size_t kPeriodsMax = 12;
constexpr std::size_t kTrendRecordsMin = 4;

double quantile_of(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const auto high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (at - static_cast<double>(low));
}

struct Compared {
  std::chrono::system_clock::time_point time;
  double error = 0;
};

double median_abs(std::span<const Compared> errors) {
  std::vector<double> values;
  values.reserve(errors.size());
  for (const auto& one : errors) values.push_back(std::abs(one.error));
  return median_of(std::move(values));
}

LedgerTrend trend_of(std::span<const Compared> errors) {
  if (errors.size() < kTrendRecordsMin) return LedgerTrend::kUnknown;
  const std::size_t half = errors.size() / 2;
  const double before = median_abs(errors.first(half));
  const double after = median_abs(errors.last(half));
  if (std::abs(after - before) < std::max(0.01, 0.1 * before)) return LedgerTrend::kSteady;
  return after < before ? LedgerTrend::kBetter : LedgerTrend::kWorse;
}

// Equal numbers of records rather than of days: machines are verified in bursts.
std::vector<LedgerPeriod> periods_of(std::span<const Compared> errors) {
  std::vector<LedgerPeriod> periods;
  const std::size_t count = std::min(kPeriodsMax, errors.size());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = i * errors.size() / count;
    const std::size_t until = (i + 1) * errors.size() / count;
    const auto part = errors.subspan(from, until - from);
    periods.push_back({part.front().time, part.back().time, median_abs(part), part.size()});
  }
  return periods;
}

}  // namespace

const char* to_string(LedgerTrend trend) {
  switch (trend) {
    case LedgerTrend::kBetter: return "better";
    case LedgerTrend::kSteady: return "steady";
    case LedgerTrend::kWorse: return "worse";
    case LedgerTrend::kUnknown: break;
  }
  return "unknown";
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return quantile_of(values, 0.5);
}

std::optional<double> spread_of(const std::vector<double>& values) {
  if (values.size() < 2) return std::nullopt;
  std::vector<double> sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double middle = quantile_of(sorted, 0.5);
  if (middle == 0) return std::nullopt;
  return (quantile_of(sorted, 0.75) - quantile_of(sorted, 0.25)) / 2 / std::abs(middle);
}

std::vector<LedgerComponent> summarise_ledger(std::span<const LedgerRecord> records) {
  struct Group {
    LedgerComponent component;
    std::vector<Compared> errors;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Group> groups;
  for (const auto& record : records) {
    auto& group = groups[{record.machine, record.kind, record.metric}];
    auto& component = group.component;
    component.machine = record.machine;
    component.kind = record.kind;
    component.metric = record.metric;
    component.unit = record.unit;
    ++component.n;
    if (record.disturbed) ++component.disturbed;
    if (const auto error = record.error(); error && !record.disturbed) group.errors.push_back({record.time, *error});
  }
  std::vector<LedgerComponent> components;
  for (auto& [key, group] : groups) {
    auto& component = group.component;
    component.compared = group.errors.size();
    if (!group.errors.empty()) {
      component.median_abs_error = median_abs(group.errors);
      std::vector<double> signed_errors;
      for (const auto& one : group.errors) signed_errors.push_back(one.error);
      component.median_error = median_of(std::move(signed_errors));
      component.trend = trend_of(group.errors);
      component.periods = periods_of(group.errors);
    }
    components.push_back(std::move(component));
  }
  return components;
}

}  // namespace hearth
