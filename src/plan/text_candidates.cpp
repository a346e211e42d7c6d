#include "plan/text_candidates.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/contains.h"
#include "base/units.h"
#include "plan/candidate_score.h"
#include "plan/model_quality.h"
#include "plan/text_speed.h"

namespace hearth {
namespace {

constexpr std::uint64_t kUsualContext = 8192;
constexpr std::uint64_t kShortContext = 2048;
constexpr std::uint64_t kPromptTokens = 512;

// Types that exist but that hardly anybody publishes weights in: planned only where they are asked for.
bool is_usual(const CatalogPrecision& precision) {
  static constexpr std::array kRare = {"fp32", "bf16", "q4-1", "q5-0", "q5-1", "iq4-nl", "q2-k-s", "tq1-0", "exl2"};
  return std::find(kRare.begin(), kRare.end(), precision.id) == kRare.end();
}

// A record's own files say which precisions exist; a model given as a file has just that one.
bool published_in(const CatalogModel& model, const CatalogPrecision& precision) {
  // what was released in a type of its own is not made of other models
  if (model.publisher != "file" && precision.id == "mxfp4") return native_precision(model, precision);
  if (model.publisher != "file") return true;
  return std::any_of(model.files.begin(), model.files.end(),
                     [&](const auto& f) { return f.precision == precision.id; });
}

class TextEnumeration {
 public:
  TextEnumeration(TaskOptions& options, const PlanContext& context) : options_(options), context_(context) {
    for (const auto& precision : context.inputs.catalog.precisions)
      if (precision.id == "kv-f16" || precision.id == "kv-q8-0") kv_types_.push_back(&precision);
    std::sort(kv_types_.begin(), kv_types_.end(), [](const auto* a, const auto* b) { return a->rung > b->rung; });
    if (context.request.kv_type)
      if (const auto* kv = find_record(context.inputs.catalog.precisions, *context.request.kv_type)) kv_types_ = {kv};
    if (context.machine.cpu.isa) repack_ = cpu_repack_of(context.machine.cpu.isa->value);
  }

  void run() {
    collect_models();
    for (const auto& target : context_.targets) {
      if (!contains(target.support->modalities, options_.spec.modality)) continue;
      for (const auto& id : target.support->precisions) {
        const auto* precision = find_record(context_.inputs.catalog.precisions, id);
        if (!precision || !computes_in(target, *precision)) continue;
        if (context_.request.precision ? *context_.request.precision != id : !is_usual(*precision)) continue;
        on_target(target, *precision);
      }
    }
  }

 private:
  void collect_models() {
    const auto take = [&](const CatalogModel& model) {
      if (!options_.spec.serves(model)) return;
      if (licence_forbids(options_, model, context_.request) || !model.decoder) return;
      models_.push_back(&model);
    };
    if (options_.spec.model) return take(*options_.spec.model);
    for (const auto& model : context_.inputs.catalog.models) take(model);
  }

  // Somebody who hands over a file has chosen its precision; only what they ask of it can refuse it.
  bool floor_holds(const CatalogModel& model) const {
    if (!context_.floor) return false;
    const auto& uses = context_.request.uses;
    return model.publisher != "file" ||
           std::any_of(uses.begin(), uses.end(), [](const auto& use) { return use != "chat"; });
  }

  void on_target(const ExecutionTarget& target, const CatalogPrecision& precision) {
    const auto profiles = text_profiles(context_, target, precision);
    for (const CatalogModel* model : models_) {
      if (format_for(target, precision, *model).empty() || !published_in(*model, precision)) continue;
      if (floor_holds(*model) && precision.rung < context_.floor->rung && !native_precision(*model, precision)) {
        note_miss(options_, *model,
                  {&precision, &target,
                   fmt::format("{} is below the floor for {}: {}", precision.name,
                               fmt::join(context_.request.uses, ", "), context_.floor->name),
                   0, miss::kFloor, 0});
        continue;
      }
      if (!profiles) {
        note_miss(options_, *model, {&precision, &target, profiles.error().message, 0, miss::kUnknownSpeed, 0});
        continue;
      }
      contexts(target, precision, *model, *profiles);
    }
  }

  // Which lengths are tried: the wished one, and where nobody wished for one also shorter ones.
  void contexts(const ExecutionTarget& target, const CatalogPrecision& precision, const CatalogModel& model,
                const TextProfiles& profiles) {
    Candidate c;
    c.model = &model;
    c.precision = &precision;
    c.target = &target;
    c.users = context_.request.users;
    c.sees = options_.spec.wish.task == "image_chat";
    c.repack = target.accelerator ? CpuRepack::kNone : repack_;
    c.preset = preset_for(context_.inputs.catalog, context_.machine.preset_class, options_.spec.workload(model));
    const std::uint64_t wanted = wanted_context(context_, model, c.preset);
    if (context_.request.context_length && *context_.request.context_length > model.decoder->context_length) {
      note_miss(options_, model,
                {&precision, &target,
                 fmt::format("it was trained for {} tokens, {} are asked for", model.decoder->context_length,
                             *context_.request.context_length),
                 0, miss::kContext, 0});
      return;
    }
    for (std::uint64_t length = wanted; length >= std::min(wanted, kShortContext); length /= 2) {
      c.context_length = length;
      for (const auto* kv : kv_types_) {
        c.kv = kv;
        place(c, profiles, wanted);
      }
      if (context_.request.context_length || !cache_matters(c)) break;
    }
  }

  // Whether a shorter context would free bytes that count. Of the model alone: what fits must not decide what is tried.
  static bool cache_matters(const Candidate& c) {
    const auto totals = model_memory_totals(c.memory_query());
    return totals && (totals->cpu.kv_cache + totals->device.kv_cache) * 12 > totals->total();
  }

  // Tries the placements from the fastest on; true where the model fits one.
  bool place(Candidate c, const TextProfiles& profiles, std::uint64_t wanted) {
    if (try_place(c, profiles, wanted, PlacementKind::kOneDevice, -1)) return true;
    const bool splits = c.target->runtime->id == "llama" && c.target->own_memory();
    if (!c.target->alike.empty() && try_place(c, profiles, wanted, PlacementKind::kSeveralGpus, -1)) return true;
    if (splits && c.model->decoder->moe && try_place(c, profiles, wanted, PlacementKind::kExpertsOnCpu, -1))
      return true;
    if (splits && split_layers(c, profiles, wanted)) return true;
    return stream(c, profiles, wanted);
  }

  bool try_place(Candidate& c, const TextProfiles& profiles, std::uint64_t wanted, PlacementKind kind, int layers) {
    c.placement = kind;
    c.layers_on_device = layers;
    if (!measure(c)) return false;
    const std::uint64_t excess = context_.ledger.excess(c.bytes);
    if (excess > 0) {
      note_memory(c, excess);
      return false;
    }
    finish(c, profiles, wanted);
    return true;
  }

  // Memory by formula; false where the runtime refuses the combination, which is noted.
  bool measure(Candidate& c) {
    auto totals = model_memory_totals(c.memory_query());
    if (!totals) {
      note_miss(options_, *c.model, {c.precision, c.target, totals.error().message, 0, miss::kFormat, 0});
      return false;
    }
    c.memory = *totals;
    draw_on_pools(c, context_.ledger);
    return true;
  }

  // The most layers on the device that fit, the others on the processor.
  bool split_layers(Candidate& c, const TextProfiles& profiles, std::uint64_t wanted) {
    if (!profiles.processor) return false;
    const int layers = static_cast<int>(c.model->decoder->layers);
    int low = 1, high = layers - 1, best = 0;
    c.placement = PlacementKind::kLayersSplit;
    while (low <= high) {
      const int middle = (low + high) / 2;
      c.layers_on_device = middle;
      if (!measure(c)) return false;
      if (context_.ledger.fits(c.bytes)) {
        best = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    // fewer than a quarter of the layers on a card are not worth its driver's overhead
    if (best * 4 < layers) return false;
    return try_place(c, profiles, wanted, PlacementKind::kLayersSplit, best);
  }

  // Weights mapped from the SSD beyond what stays in memory; only where the model was asked for by name.
  bool stream(Candidate& c, const TextProfiles& profiles, std::uint64_t wanted) {
    if (!options_.spec.model || c.target->accelerator || c.target->runtime->id != "llama") return false;
    c.placement = PlacementKind::kOneDevice;
    c.repack = CpuRepack::kNone;  // laid out anew, weights would be anonymous memory
    if (!measure(c)) return false;
    const std::uint64_t excess = context_.ledger.excess(c.bytes);
    const std::uint64_t weights = c.memory.cpu.weights;
    if (excess == 0 || excess >= weights) return false;
    const double per_token = static_cast<double>(weight_bytes_per_token(*c.model, *c.precision));
    c.streamed_bytes =
        static_cast<std::uint64_t>(per_token * static_cast<double>(excess) / static_cast<double>(weights));
    c.placement = PlacementKind::kSsdStreamed;
    c.bytes[PoolLedger::ram()] -= excess;
    c.memory.cpu.weights -= excess;
    excess_streamed_ = excess;
    c.memory.cpu.mapped -= std::min(c.memory.cpu.mapped, excess);
    finish(c, profiles, wanted);
    return true;
  }

  void finish(Candidate& c, const TextProfiles& profiles, std::uint64_t wanted) {
    project_text(c, profiles, context_);
    const double decode = c.speed.decode->value;
    if (decode < kLeastDecodeTokS && (!options_.spec.model || c.placement == PlacementKind::kSsdStreamed)) {
      const std::string how =
          c.streamed_bytes > 0 ? fmt::format("needs {}; with the rest streamed from the SSD it gives {:.2f} tok/s",
                                             format_bytes(c.memory.total() + excess_streamed_), decode)
                               : fmt::format("{:.1f} tok/s on {} is too slow to talk to", decode, c.target->device());
      note_miss(options_, *c.model,
                {c.precision, c.target, how, c.memory.total() + (c.streamed_bytes > 0 ? excess_streamed_ : 0),
                 miss::kTooSlow, c.streamed_bytes});
      return;
    }
    score_candidate(c, context_, options_.spec, wanted);
    options_.fitting.push_back(c);
  }

  void note_memory(const Candidate& c, std::uint64_t excess) {
    note_miss(options_, *c.model,
              {c.precision, c.target,
               fmt::format("needs {} at {} tokens for {} user{}, {} more than {} has", format_bytes(c.memory.total()),
                           c.context_length, c.users, c.users == 1 ? "" : "s", format_bytes(excess),
                           c.target->own_memory() ? c.target->device() : "memory"),
               c.memory.total(), miss::kMemory, excess});
  }

  TaskOptions& options_;
  const PlanContext& context_;
  std::vector<const CatalogModel*> models_;
  std::vector<const CatalogPrecision*> kv_types_;
  CpuRepack repack_ = CpuRepack::kNone;
  std::uint64_t excess_streamed_ = 0;  // of the option at hand: what of it does not stay in memory
};

}  // namespace

std::uint64_t wanted_context(const PlanContext& context, const CatalogModel& model, const CatalogPreset* preset) {
  if (context.request.context_length) return *context.request.context_length;
  std::uint64_t wanted = kUsualContext;
  if (preset && preset->settings.context_length) wanted = static_cast<std::uint64_t>(*preset->settings.context_length);
  if (model.decoder && model.decoder->context_length > 0) wanted = std::min(wanted, model.decoder->context_length);
  return wanted;
}

std::uint64_t first_token_prompt(std::uint64_t context_length) {
  return std::max<std::uint64_t>(1, std::min(kPromptTokens, context_length / 2));
}

void add_text_candidates(TaskOptions& options, const PlanContext& context) { TextEnumeration(options, context).run(); }

}  // namespace hearth
