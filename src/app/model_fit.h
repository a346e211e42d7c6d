// What a model needs and whether this machine has it, without loading it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "app/text_session.h"
#include "domain/memory.h"
#include "domain/runtime_info.h"
#include "hearth/result.h"

namespace hearth {

struct FitRequest {
  std::string model;      // a file, its http(s) address, a store name, or a model of the catalogue
  std::string precision;  // of a model of the catalogue; empty: the floor for chat, or F16 where there is no GGUF
  std::string runtime;    // empty: the best-scoring one here, or the usual one for a model of the catalogue
  std::uint32_t context_length = 0;  // tokens for each user; 0 = the model's own, at most kDefaultContextMax
  std::uint32_t users = 1;
  std::string kv_type = "f16";
  Toggle flash_attention = Toggle::kAuto;
  std::uint32_t micro_batch = 0;  // tokens one graph computes; 0: the runtime's own
  bool use_mmap = true;
  bool offline = false;  // an address is refused
};

// So many bytes that may be taken from one pool: "ram", or a device of the runtime.
struct PoolBudget {
  std::string pool;
  std::uint64_t bytes = 0;
};

namespace fit_basis {
inline constexpr const char* kEstimate = "runtime estimate";
inline constexpr const char* kFormula = "formula";
}  // namespace fit_basis

struct FitReport {
  std::string model;
  std::string precision;  // empty where the file doesn't tell
  std::string runtime;
  std::string basis;  // fit_basis::*
  std::uint32_t context_length = 0;
  std::uint32_t users = 1;
  MemoryBreakdown need;                    // what the runtime takes beside the model among it
  std::optional<MemoryBreakdown> formula;  // what a plan would count without the runtime's help, to compare
  std::vector<PoolBudget> budgets;
  bool fits = false;
  std::optional<std::uint64_t> stored_weight_bytes;  // of a file's own table, without copies; where that was counted
  std::optional<std::uint64_t> fetched_bytes;        // over the network, to know all this; of an address
  std::vector<std::string> notes;                    // what is not counted, or assumed: a sentence each
};

// A file, or a name in the store: the runtime's estimate, made in a worker since the file may never have been loaded
// before, and the memory which that took as the runtime's own. By formula: a model of the catalogue that is not here; a
// file whose format no plugin here reads, and one on a web server, of which only headers are read (see weights_fit.h).
// kUnsupported / kInvalidArgument with the runtime's reason where it refuses the combination, kDoesNotFit for contexts
// that no machine holds, kNotFound with the nearest name.
[[nodiscard]] Result<FitReport> fit_model(const SessionHost& host, const std::filesystem::path& data_folder,
                                          const FitRequest& request);

}  // namespace hearth
