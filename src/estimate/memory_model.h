// What a model takes of memory, by component, from its dimensions alone: the closed formulas that a plan enumerates
// with.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog_model.h"
#include "domain/catalog_precision.h"
#include "domain/memory.h"
#include "hearth/result.h"

namespace hearth {

// Copies of weights that a processor backend lays out anew for its kernels, in anonymous memory. Which types it does
// this for depends on the instruction set.
enum class CpuRepack { kNone, kAvx2, kAvx512, kNeon };

// The widest layout that a processor with these features makes; feature names as in CatalogCpu::isa.
[[nodiscard]] CpuRepack cpu_repack_of(const std::vector<std::string>& isa);

// One way to run one model. Records are borrowed. Cheap to copy except for the two names.
struct MemoryQuery {
  const CatalogModel* model = nullptr;
  const CatalogPrecision* precision = nullptr;     // of the weights
  const CatalogPrecision* kv_precision = nullptr;  // of keys and values; nullptr: F16
  std::uint64_t context_length = 0;                // tokens for each user; 0 where the model has no context
  std::uint32_t users = 1;
  std::uint32_t micro_batch = 512;  // tokens (or images, or windows of sound) that one graph computes
  std::string_view runtime;         // a runtime's id in the catalogue: "llama", "onnxruntime", ...
  bool flash_attention = true;
  int layers_on_device = -1;        // the others stay on the processor; -1: all
  bool experts_on_cpu = false;      // the routed experts' weights stay on the processor
  std::string_view device = "cpu";  // where the weights go: "cpu" or an accelerator's id
  bool unified_kv = true;           // users share one pool of cells (llama)
  bool mmap = true;                 // weights used on the processor stay in the mapped file
  CpuRepack repack = CpuRepack::kNone;
};

// Bytes by component in one pool.
struct MemoryParts {
  std::uint64_t weights = 0, kv_cache = 0, recurrent_state = 0, compute = 0, output = 0, projector = 0, runtime = 0;
  std::uint64_t mapped = 0;  // the file-backed part of weights and projector
  [[nodiscard]] std::uint64_t total() const {
    return weights + kv_cache + recurrent_state + compute + output + projector + runtime;
  }
  bool operator==(const MemoryParts&) const = default;
};

// By pool. `device` is all zeros where the query's device is the processor.
struct MemoryTotals {
  MemoryParts device, cpu;
  [[nodiscard]] std::uint64_t total() const { return device.total() + cpu.total(); }
};

// Pure, no allocation, some microseconds; for enumeration. kInvalidArgument where the query names no model or precision
// or a split that does not exist; kUnsupported with the runtime's own reason where it refuses the combination (a
// quantised cache of values without flash attention, heads that are no whole number of blocks).
[[nodiscard]] Result<MemoryTotals> model_memory_totals(const MemoryQuery& query);

// The same bytes as items of query.device and of "cpu"; for the options a plan shows.
[[nodiscard]] Result<MemoryBreakdown> model_memory(const MemoryQuery& query);
[[nodiscard]] MemoryBreakdown memory_items(const MemoryTotals& totals, std::string_view device);

// Weights as the file holds them, projector apart: no copies, no split.
[[nodiscard]] std::uint64_t weight_bytes(const CatalogModel& model, const CatalogPrecision& precision);

// Bytes of weights read for one decoded token of one user: of the experts only the active ones, of the embedding table
// one row unless it is the output too.
[[nodiscard]] std::uint64_t weight_bytes_per_token(const CatalogModel& model, const CatalogPrecision& precision);

// Bytes of cache and recurrent state read for one decoded token at this depth. `kv_precision` nullptr: F16.
[[nodiscard]] std::uint64_t kv_bytes_read_per_token(const CatalogModel& model, const CatalogPrecision* kv_precision,
                                                    std::uint64_t context_length);

}  // namespace hearth
