// What a model needs and whether this machine has it, without loading it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/text_session.h"
#include "domain/memory.h"
#include "hearth/result.h"

namespace hearth {

struct FitRequest {
  std::string model;
  std::uint32_t context_length = 0;  // tokens for each user; 0 = the model's own, at most kDefaultContextMax
  std::uint32_t users = 1;
  std::string kv_type = "f16";
};

// So many bytes that may be taken from one pool: "ram", or a device of the runtime.
struct PoolBudget {
  std::string pool;
  std::uint64_t bytes = 0;
};

struct FitReport {
  std::string model;
  std::string runtime;
  std::uint32_t context_length = 0;
  std::uint32_t users = 1;
  MemoryBreakdown need;
  std::vector<PoolBudget> budgets;
  bool fits = false;
};

// Asks the runtime for its estimate in a worker: the file may never have been loaded before.
// kUnsupported / kInvalidArgument with the runtime's reason where it refuses the combination.
[[nodiscard]] Result<FitReport> fit_model(const SessionHost& host, const FitRequest& request);

}  // namespace hearth
