#include "app/plan_verification_records.h"

#include <fmt/format.h>

#include "app/plan_verification_checks.h"
#include "metrics/ledger_summary.h"

namespace hearth {
namespace {

// Two records with one key measured the same thing.
std::string key_of(const PlanChoice& choice, const std::string& metric) {
  return fmt::format("{} {} {} {} ctx={} users={} kv={} {}", choice.model, choice.precision, choice.runtime,
                     choice.backend, choice.context_length, choice.users,
                     choice.settings.kv_type.empty() ? "f16" : choice.settings.kv_type, metric);
}

}  // namespace

std::vector<LedgerRecord> records_of(const PlanChoice& choice, const MeasuredChoice& measured,
                                     const RecordedSubject& subject) {
  std::vector<LedgerRecord> records;
  for (const auto& m : measured.measurements) {
    const auto promise = promise_of(choice, m.metric);
    LedgerRecord record;
    record.time = subject.time;
    record.machine = subject.machine;
    record.kind = kind_of_metric(m.metric);
    record.key = key_of(choice, m.metric);
    record.model_sha256 = subject.model_sha256;
    record.runtime_version = subject.runtime_version;
    record.settings = measured.settings;
    record.settings["task"] = choice.task;
    record.conditions = m.conditions;
    record.projected = promise.projected;
    record.raw_projected = promise.raw;
    record.unit = m.unit;
    record.model = choice.model;
    record.precision = choice.precision;
    record.runtime = choice.runtime;
    record.backend = choice.backend;
    record.metric = m.metric;
    const auto add = [&](const std::vector<double>& samples, bool disturbed) {
      if (samples.empty()) return;
      record.n = static_cast<std::uint32_t>(samples.size());
      record.measured = median_of(samples);
      record.spread = spread_of(samples);
      record.disturbed = disturbed;
      record.disturbance = disturbed ? m.disturbance : std::string();
      records.push_back(record);
    };
    add(m.samples, false);
    add(m.disturbed_samples, true);
  }
  return records;
}

}  // namespace hearth
