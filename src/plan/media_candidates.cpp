#include "plan/media_candidates.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/contains.h"
#include "base/units.h"
#include "plan/candidate_score.h"
#include "plan/media_speed.h"
#include "plan/model_quality.h"

namespace hearth {
namespace {

// What is published below these is for language models.
int least_rung(std::string_view modality) {
  if (modality == "stt") return 62;
  return modality == "embed" || modality == "rerank" ? 70 : 86;
}

bool format_matches(const ExecutionTarget& target, const CatalogPrecision& precision, const CatalogModel& model) {
  // an engine file is built from ONNX on the device itself
  return std::any_of(target.support->formats.begin(), target.support->formats.end(), [&](const auto& format) {
    return contains(model.formats, format) &&
           (precision.formats.empty() || contains(precision.formats, format) || format == "ggml" || format == "onnx");
  });
}

class MediaEnumeration {
 public:
  MediaEnumeration(TaskOptions& options, const PlanContext& context) : options_(options), context_(context) {}

  void run() {
    if (options_.spec.model) return of_model(*options_.spec.model);
    for (const auto& model : context_.inputs.catalog.models)
      if (options_.spec.serves(model)) of_model(model);
  }

 private:
  void of_model(const CatalogModel& model) {
    if (licence_forbids(options_, model, context_.request)) return;
    const auto* preset =
        preset_for(context_.inputs.catalog, context_.machine.preset_class, options_.spec.workload(model));
    for (const auto& target : context_.targets) {
      if (!contains(target.support->modalities, options_.spec.modality)) continue;
      for (const auto& id : target.support->precisions) {
        const auto* precision = find_record(context_.inputs.catalog.precisions, id);
        if (!precision || !computes_in(target, *precision) ||
            (context_.request.precision && *context_.request.precision != id))
          continue;
        if (precision->rung >= least_rung(options_.spec.modality) && format_matches(target, *precision, model))
          on_target(model, target, *precision, preset);
      }
    }
  }

  void on_target(const CatalogModel& model, const ExecutionTarget& target, const CatalogPrecision& precision,
                 const CatalogPreset* preset) {
    Candidate c;
    c.model = &model;
    c.precision = &precision;
    c.target = &target;
    c.preset = preset;
    c.users = context_.request.users;
    // a text is cut into passages of this length before it is embedded
    constexpr std::uint64_t kPassage = 512;
    const std::string& modality = options_.spec.modality;
    if ((modality == "embed" || modality == "rerank") && model.kind != "clip") c.context_length = kPassage;
    try_size(c);
    // a preset's smaller input is a way of its own: faster, less sharp
    if (preset && model.kind == "detection" && model.structure == "cnn" && preset->settings.resolution.size() == 2 &&
        preset->settings.resolution[0] < 640) {
      c.resolution = preset->settings.resolution;
      try_size(c);
    }
  }

  void try_size(Candidate c) {
    MemoryQuery query = c.memory_query();
    query.micro_batch = 1;
    auto totals = model_memory_totals(query);
    if (!totals) {
      note_miss(options_, *c.model, {c.precision, c.target, totals.error().message, 0, miss::kFormat, 0});
      return;
    }
    c.memory = *totals;
    add_companions(c, query);
    draw_on_pools(c, context_.ledger);
    if (const std::uint64_t excess = context_.ledger.excess(c.bytes); excess > 0) {
      note_miss(options_, *c.model,
                {c.precision, c.target,
                 fmt::format("needs {}, {} more than there is", format_bytes(c.memory.total()), format_bytes(excess)),
                 c.memory.total(), miss::kMemory, excess});
      return;
    }
    project_media(c, options_.spec, context_);
    if (!c.speed.latency_ms && !c.speed.rtf) {
      note_miss(options_, *c.model,
                {c.precision, c.target,
                 fmt::format("its speed on {} by {} can't be projected", c.target->device(), c.target->runtime->name),
                 c.memory.total(), miss::kUnknownSpeed, 0});
      return;
    }
    if (c.speed.rtf && c.speed.rtf->value > kLargestRtf && !options_.spec.model) {
      note_miss(
          options_, *c.model,
          {c.precision, c.target,
           fmt::format("slower than speech on {}: a second takes {:.1f} s", c.target->device(), c.speed.rtf->value),
           c.memory.total(), miss::kTooSlow, 0});
      return;
    }
    score_candidate(c, context_, options_.spec, c.context_length);
    // half the side costs small objects about a fifth of the average precision
    if (!c.resolution.empty()) c.score -= c.points.context_loss = 6.0 * (1.0 - c.resolution[0] / 640.0);
    options_.fitting.push_back(std::move(c));
  }

  // What a model can't work without, a vocoder say, runs beside it.
  void add_companions(Candidate& c, MemoryQuery query) const {
    for (const auto& id : c.model->companions) {
      query.model = find_record(context_.inputs.catalog.models, id);
      const auto totals = query.model ? model_memory_totals(query) : Result<MemoryTotals>(MemoryTotals{});
      if (!totals) continue;
      for (auto [part, add] : {std::pair{&c.memory.device, &totals->device}, std::pair{&c.memory.cpu, &totals->cpu}}) {
        part->weights += add->weights;
        part->mapped += add->mapped;
        part->compute += add->compute;
      }
    }
  }

  TaskOptions& options_;
  const PlanContext& context_;
};

}  // namespace

void add_media_candidates(TaskOptions& options, const PlanContext& context) {
  MediaEnumeration(options, context).run();
}

}  // namespace hearth
