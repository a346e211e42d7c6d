// One way to serve a task: model, precision, runtime, device, context and placement, with its bytes, speed and score.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/interval.h"
#include "domain/plan.h"
#include "estimate/memory_model.h"
#include "plan/execution_target.h"
#include "plan/pool_ledger.h"
#include "plan/task_spec.h"

namespace hearth {

enum class PlacementKind { kOneDevice, kSeveralGpus, kExpertsOnCpu, kLayersSplit, kSsdStreamed };

// Absent: the figure has no meaning for the task, or nothing is known to project it from.
struct CandidateSpeed {
  std::optional<Interval> prefill, decode;  // tokens/s of each stream
  std::optional<Interval> latency_ms;       // of an image, of a chunk of sound, of a text to embed
  std::optional<Interval> rtf;
  // By metric, before measurements of this machine corrected them; 0 where there is none.
  double fitted_prefill = 0, fitted_decode = 0, fitted_latency = 0, fitted_rtf = 0;
  bool corrected = false;
  bool measured_here = false;
};

struct CandidateScore {
  double quality = 0, precision_loss = 0, context_loss = 0, speed = 0, preference = 0, licence = 0;
  std::string quality_basis;
  [[nodiscard]] double total() const { return quality - precision_loss - context_loss + speed + preference - licence; }
};

struct Candidate {
  const CatalogModel* model = nullptr;
  const CatalogPrecision* precision = nullptr;
  const CatalogPrecision* kv = nullptr;  // nullptr: no cache
  const ExecutionTarget* target = nullptr;
  const CatalogPreset* preset = nullptr;  // of the machine's class for this task
  std::uint64_t context_length = 0;
  std::uint32_t users = 1;
  PlacementKind placement = PlacementKind::kOneDevice;
  int layers_on_device = -1;
  std::uint64_t streamed_bytes = 0;
  std::vector<int> resolution;
  CpuRepack repack = CpuRepack::kNone;
  bool sees = false;  // the first token answers a picture, not a long prompt
  MemoryTotals memory;
  PoolBytes bytes{};
  CandidateSpeed speed;
  CandidateScore points;
  double score = 0;

  [[nodiscard]] MemoryQuery memory_query() const;
  [[nodiscard]] bool maps_file() const;
};

// Why a model is not chosen: of all its ways, the one that came nearest.
struct NearMiss {
  const CatalogPrecision* precision = nullptr;
  const ExecutionTarget* target = nullptr;
  std::string reason;
  std::uint64_t needed_bytes = 0;
  int closeness = -1;        // kinds of reasons by how far they got; higher is nearer
  std::uint64_t excess = 0;  // among misses by memory, the least counts
};

// A runtime that is faster than the one kept, but not by enough to change.
struct RuntimeGain {
  Candidate other;
  double gain = 0;
};

struct TaskOptions {
  TaskSpec spec;
  std::vector<Candidate> fitting;                  // each fits on its own, best score first; none is beaten by another
  std::vector<Candidate> of_models;                // the best of each model that fits on its own, best score first
  std::map<const CatalogModel*, NearMiss> missed;  // models with no way that fits
  std::vector<RuntimeGain> gains;
};

// A cache precision as runtimes take it: "q8_0" for the record kv-q8-0.
[[nodiscard]] std::string kv_word(const CatalogPrecision& kv);

// Order of misses; the reason of the highest is shown.
namespace miss {
inline constexpr int kFormat = 0, kLicence = 1, kFloor = 2, kContext = 3, kUnknownSpeed = 4, kMemory = 5, kTooSlow = 6;
}  // namespace miss
void note_miss(TaskOptions& options, const CatalogModel& model, NearMiss found);

// Begins the model's entry among the missed; true where the request forbids its licence, which is then its reason.
[[nodiscard]] bool licence_forbids(TaskOptions& options, const CatalogModel& model, const PlanRequest& request);

// What the candidate's memory takes of each pool and bound; over several devices, an equal share and a compute buffer
// each.
void draw_on_pools(Candidate& candidate, const PoolLedger& ledger);

// Sorts `fitting` by score, keeps the best of each model aside, and drops what another option beats in score with no
// more bytes in any pool.
void keep_best(TaskOptions& options);

}  // namespace hearth
