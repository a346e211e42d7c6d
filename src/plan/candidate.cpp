#include "plan/candidate.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace hearth {
namespace {

bool needs_no_more(const Candidate& a, const Candidate& b) {
  for (std::size_t i = 0; i < kPoolsMax; ++i)
    if (a.bytes[i] > b.bytes[i]) return false;
  return true;
}

// A total order, so that equal scores give the same plan everywhere.
bool better(const Candidate& a, const Candidate& b) {
  if (a.score != b.score) return a.score > b.score;
  if (a.model->id != b.model->id) return a.model->id < b.model->id;
  if (a.precision->rung != b.precision->rung) return a.precision->rung > b.precision->rung;
  if (a.target->runtime->id != b.target->runtime->id) return a.target->runtime->id < b.target->runtime->id;
  if (a.target->backend != b.target->backend) return a.target->backend < b.target->backend;
  return a.memory.total() < b.memory.total();
}

}  // namespace

MemoryQuery Candidate::memory_query() const {
  MemoryQuery query;
  query.model = model;
  query.precision = precision;
  query.kv_precision = kv;
  query.context_length = context_length;
  query.users = users;
  query.repack = repack;
  query.mmap = maps_file();
  query.runtime = target->runtime->id;
  query.layers_on_device = placement == PlacementKind::kLayersSplit ? layers_on_device : -1;
  query.experts_on_cpu = placement == PlacementKind::kExpertsOnCpu;
  if (target->accelerator) query.device = target->accelerator->id;
  if (preset && preset->settings.prompt_microbatch)
    query.micro_batch = static_cast<std::uint32_t>(*preset->settings.prompt_microbatch);
  if (!resolution.empty()) query.micro_batch = 1;
  return query;
}

// Where the processor lays weights out anew, a mapped file would hold them twice.
bool Candidate::maps_file() const { return repack == CpuRepack::kNone || target->runtime->id != "llama"; }

std::string kv_word(const CatalogPrecision& kv) {
  std::string word = kv.id.rfind("kv-", 0) == 0 ? kv.id.substr(3) : kv.id;
  std::replace(word.begin(), word.end(), '-', '_');
  return word;
}

void note_miss(TaskOptions& options, const CatalogModel& model, NearMiss found) {
  auto& known = options.missed[&model];
  const bool nearer =
      found.closeness > known.closeness ||
      (found.closeness == known.closeness && found.closeness >= miss::kMemory && found.excess < known.excess);
  if (nearer) known = std::move(found);
}

bool licence_forbids(TaskOptions& options, const CatalogModel& model, const PlanRequest& request) {
  options.missed.try_emplace(&model);
  if (!request.commercial || model.licence.commercial != "no") return false;
  NearMiss found;
  found.reason = fmt::format("its licence ({}) forbids commercial use", model.licence.spdx);
  found.closeness = miss::kLicence;
  note_miss(options, model, std::move(found));
  return true;
}

void draw_on_pools(Candidate& c, const PoolLedger& ledger) {
  c.bytes = PoolBytes{};
  c.bytes[PoolLedger::ram()] += c.memory.cpu.total();
  if (c.placement == PlacementKind::kSeveralGpus) {
    const std::uint64_t parts = 1 + c.target->alike.size();
    const std::uint64_t share = c.memory.device.total() / parts + c.memory.device.compute;
    c.bytes[c.target->pool] += share;
    for (const auto* other : c.target->alike) c.bytes[ledger.pool_of(*other)] += share;
  } else {
    c.bytes[c.target->pool] += c.memory.device.total();
  }
  if (c.target->bound) c.bytes[*c.target->bound] += c.memory.device.total();
}

void keep_best(TaskOptions& task) {
  auto& options = task.fitting;
  std::sort(options.begin(), options.end(), better);
  std::set<const CatalogModel*> seen;
  for (const auto& option : options)
    if (seen.insert(option.model).second) task.of_models.push_back(option);
  std::vector<Candidate> kept;
  for (auto& option : options) {
    const bool beaten =
        std::any_of(kept.begin(), kept.end(), [&](const Candidate& k) { return needs_no_more(k, option); });
    if (!beaten) kept.push_back(std::move(option));
  }
  options = std::move(kept);
}

}  // namespace hearth
