#include "app/ledger_measurements.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

constexpr std::uint64_t kRecordsMax = 20'000;  // the newest: what a machine was a long time ago says little of it now

// Until three records tell how much days differ. Source: our own runs; two undisturbed ones minutes apart on a shared
// virtual machine differed by 18 %, while the samples inside each differed by 2 %.
constexpr std::size_t kRecordsThatTell = 3;
constexpr double kFewRecordsSpread = 0.1;

// Half of the processors taken by others halves a speed. Source: our own runs beside builds; with fewer cores than
// threads some samples were a hundred times slower, which their own spread tells.
constexpr double kDisturbedSpread = 0.5;

struct Series {
  const LedgerRecord* newest = nullptr;
  std::vector<double> ratios;   // measured / fitted
  std::vector<double> spreads;  // of the samples inside each record

  void add(const LedgerRecord& record) {
    newest = &record;
    ratios.push_back(record.measured / *record.raw_projected);
    if (record.spread) spreads.push_back(*record.spread);
  }
  // Between records and inside them: the larger is the honest one.
  [[nodiscard]] double spread() const {
    const bool few = ratios.size() < kRecordsThatTell;
    return std::max({spread_of(ratios).value_or(0), median_of(spreads), few ? kFewRecordsSpread : 0.0});
  }
};

struct Taught {
  Series alone, disturbed;
};

bool teaches(const LedgerRecord& record) {
  const bool speed = record.kind == "speed" || record.kind == "latency";
  return speed && record.raw_projected && *record.raw_projected > 0 && record.measured > 0;
}

}  // namespace

Result<std::vector<PlanMeasurement>> plan_measurements(const Ledger& ledger, const std::string& machine) {
  LedgerFilter filter;
  filter.machine = machine;
  filter.newest = kRecordsMax;
  HEARTH_ASSIGN(records, ledger.records(filter));
  std::map<std::tuple<std::string, std::string, std::string, std::string, std::string>, Taught> all;
  for (const auto& record : records) {
    if (!teaches(record)) continue;
    auto& one = all[{record.model, record.precision, record.runtime, record.backend, record.metric}];
    (record.disturbed ? one.disturbed : one.alone).add(record);
  }
  std::vector<PlanMeasurement> measurements;
  for (const auto& [key, taught] : all) {
    const bool loaded = taught.alone.newest == nullptr;
    const Series& one = loaded ? taught.disturbed : taught.alone;
    PlanMeasurement out;
    out.device = machine;
    std::tie(out.model, out.precision, out.runtime, out.backend, out.metric) = key;
    out.projected = *one.newest->raw_projected;
    out.measured = out.projected * median_of(one.ratios);
    out.spread = std::max(one.spread(), loaded ? kDisturbedSpread : 0.0);
    measurements.push_back(std::move(out));
  }
  return measurements;
}

}  // namespace hearth
