// What the machine was doing while something was measured, and whether that spoils the sample.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/ledger_record.h"
#include "platform/system_tree.h"

namespace hearth {

struct ObservedConditions {
  LedgerConditions conditions;
  bool disturbed = false;
  std::string disturbance;  // why
};

// Watches from start() to stop(). A sample is disturbed when other programs took more than a twentieth of all
// processors' time (work on all threads slows by about that share), or when a throttling counter moved. Where the
// kernel tells nothing, nothing is known and nothing counts as disturbed. Externally synchronised; a few milliseconds a
// call.
class ConditionsWatch {
 public:
  explicit ConditionsWatch(SystemTree tree = SystemTree()) : tree_(std::move(tree)) {}

  // `workers`: processes besides this one whose time is ours. One that is new in stop() counts from its start.
  void start(const std::vector<int>& workers);
  [[nodiscard]] ObservedConditions stop(const std::vector<int>& workers) const;

 private:
  // In ticks of the kernel's clock; absent where it can't be read.
  struct CpuTime {
    std::optional<std::int64_t> busy, all;
    std::map<int, std::int64_t> own;  // by process, 0: this one
  };
  [[nodiscard]] CpuTime read_cpu(const std::vector<int>& workers) const;
  [[nodiscard]] std::optional<double> other_share(const CpuTime& now) const;

  SystemTree tree_;
  CpuTime cpu_;
  std::optional<double> load_, throttled_;
};

}  // namespace hearth
