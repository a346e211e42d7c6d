// What the ledger keeps: one measurement with everything that is needed to judge it later.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace hearth {

// What the machine was doing while something was measured. Absent: could not be read.
struct LedgerConditions {
  std::optional<double> temperature_c;    // the hottest zone at the end
  std::string power;                      // "ac", "battery", or empty
  std::optional<double> load;             // runnable tasks over the last minute, before
  std::optional<double> load_after;       // and at the end
  std::optional<double> other_cpu_share;  // of all processors' time, taken by other programs meanwhile: 0 to 1
  bool operator==(const LedgerConditions&) const = default;
};

// A value. Records with the same machine and key measure the same thing.
struct LedgerRecord {
  std::int64_t id = 0;  // given by the ledger, in the order of appending
  std::chrono::system_clock::time_point time;
  std::string machine;  // HardwareProfile::id, or its name where it has none
  std::string kind;     // "speed", "latency", "memory"
  std::string key;      // what was measured, settings included
  std::string model_sha256, runtime_version;
  std::map<std::string, std::string> settings;  // "threads": "4"
  LedgerConditions conditions;
  std::uint32_t n = 1;              // samples behind `measured`
  std::optional<double> projected;  // as the plan promised it
  double measured = 0;              // median of the samples
  std::optional<double> spread;     // half the interquartile range, as a share of `measured`
  std::string unit;

  // What later projections are corrected by.
  std::string model, precision, runtime, backend;
  std::string metric;                   // "decode_tok_s", "weights_bytes", ...
  std::optional<double> raw_projected;  // by the fitted model, before any correction
  bool disturbed = false;               // kept and shown, never learned from
  std::string disturbance;              // why

  // measured / projected - 1; absent without a projection other than 0.
  [[nodiscard]] std::optional<double> error() const {
    if (!projected || *projected == 0) return std::nullopt;
    return measured / *projected - 1;
  }
};

// Empty fields match everything.
struct LedgerFilter {
  std::string machine = {}, kind = {}, metric = {};
  std::uint64_t newest = 0;  // so many of the newest; 0: all
};

}  // namespace hearth
