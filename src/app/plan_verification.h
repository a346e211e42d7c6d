// Holds a plan to its figures on this machine: loads what it chose, measures, compares, and tells the ledger.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/server_lease.h"
#include "app/text_session.h"
#include "base/call_bounds.h"
#include "domain/plan.h"
#include "hearth/result.h"
#include "metrics/ledger.h"
#include "metrics/ledger_record.h"

namespace hearth {

struct VerifyOptions {
  double sustained_s = 5;     // how long to decode for the sustained speed; 0: not measured
  std::uint32_t repeats = 3;  // undisturbed samples wanted; at most twice as many are taken
  double tolerance = 0;       // share by which a figure may leave the plan's bounds
  bool force = false;         // go on although the plan is for another machine or the file has changed
};

// One figure of a choice as it was measured.
struct VerifyMeasurement {
  std::string metric = {}, unit = {};  // "decode_tok_s", "tok/s"
  std::vector<double> samples = {}, disturbed_samples = {};
  std::string disturbance = {};      // of the last sample that was disturbed
  LedgerConditions conditions = {};  // of the last sample
  std::string note = {};             // what the reader should know of it
  [[nodiscard]] bool all_disturbed() const { return samples.empty() && !disturbed_samples.empty(); }
  [[nodiscard]] const std::vector<double>& kept() const { return samples.empty() ? disturbed_samples : samples; }
};

// One line of the answer. Absent where there is nothing to say.
struct VerifyCheck {
  std::string name = {}, task = {}, metric = {}, unit = {};
  std::optional<double> projected = {}, low = {}, high = {}, measured = {}, error = {}, spread = {};
  std::uint32_t n = 0;
  std::optional<bool> pass = {};  // absent: skipped, or nothing was promised
  bool disturbed = false;         // every sample was
  std::string note = {};
  std::string skipped = {};  // why it was not measured
};

struct VerifyReport {
  std::string machine;
  std::vector<VerifyCheck> checks;
  LedgerConditions conditions;  // at the end
  std::vector<std::string> notices;
  std::size_t recorded = 0;  // records the ledger got

  [[nodiscard]] std::size_t passed() const;
  [[nodiscard]] std::size_t failed() const;
  [[nodiscard]] bool pass() const { return failed() == 0; }
};

struct VerifyHost {
  SessionHost session;
  const Ledger* ledger = nullptr;                       // borrowed; null: nothing is recorded, a notice says why
  std::string machine;                                  // this one, as the ledger names it
  std::function<void(const std::string&)> on_progress;  // one line of what is done now; may be empty
  std::optional<RunningServer> server = {};  // of this home: what it serves is measured there, the rest is loaded
  std::filesystem::path home = {};           // keeps compiled graphs
  std::filesystem::path data = {};           // the catalogue's folder
};

// Measures each choice that generates text, hears, speaks or is a graph of tensors, has its file here and its runtime
// present; the others are checks with a reason. NotFound: the plan names a file that is gone. InvalidData: the file is
// not the one that was planned. Unavailable: nothing of the plan can be measured here. Cancelled, DeadlineExceeded.
// What fails to load or to run is a check that did not pass.
[[nodiscard]] Result<VerifyReport> verify_plan(const VerifyHost& host, const Plan& plan, const VerifyOptions& options,
                                               const CallBounds& bounds);

}  // namespace hearth
