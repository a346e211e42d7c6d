// Measurements of a choice as records of the ledger.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/plan_verification_measuring.h"
#include "metrics/ledger_record.h"

namespace hearth {

struct RecordedSubject {
  std::string machine, model_sha256, runtime_version;
  std::chrono::system_clock::time_point time;
};

// One record for the undisturbed samples of a metric, one for the disturbed ones. What the plan promised goes with
// them, and what the fit alone would have: later projections are corrected by that.
[[nodiscard]] std::vector<LedgerRecord> records_of(const PlanChoice& choice, const MeasuredChoice& measured,
                                                   const RecordedSubject& subject);

}  // namespace hearth
