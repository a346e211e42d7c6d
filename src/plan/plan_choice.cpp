#include "plan/plan_choice.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/units.h"
#include "plan/text_candidates.h"

namespace hearth {
namespace {

const char* placement_word(PlacementKind kind) {
  switch (kind) {
    case PlacementKind::kSeveralGpus: return "several_gpus";
    case PlacementKind::kExpertsOnCpu: return "experts_on_cpu";
    case PlacementKind::kLayersSplit: return "layers_split";
    case PlacementKind::kSsdStreamed: return "ssd_streamed";
    case PlacementKind::kOneDevice: break;
  }
  return "one_device";
}

PlanPlacement placement_of(const Candidate& c, const PlanContext& context) {
  PlanPlacement out;
  out.kind = placement_word(c.placement);
  const auto& pools = context.ledger.pools();
  for (std::size_t i = 0; i < pools.size(); ++i)
    if (c.bytes[i] > 0) out.bytes.emplace_back(pools[i].pool, c.bytes[i]);
  out.layers = c.model->decoder ? static_cast<int>(c.model->decoder->layers) : 0;
  if (c.target->accelerator) out.layers_on_device = c.layers_on_device >= 0 ? c.layers_on_device : out.layers;
  out.streamed_bytes = c.streamed_bytes;
  return out;
}

Interval times(const Interval& a, const Interval& b) { return {a.value * b.value, a.low * b.low, a.high * b.high}; }

// `cards`: that work on it; 0: the processor does.
std::optional<Interval> power_of(const HardwareProfile& machine, std::size_t cards) {
  const auto& power = machine.power;
  if (power.load_w) return Interval{power.load_w->value, power.load_w->value * 0.8, power.load_w->value * 1.2};
  // decoding waits for memory most of the time: parts rarely reach what they are cooled for
  if (power.tdp_w && cards > 0) {
    const double watts = power.tdp_w->value * static_cast<double>(cards);
    return Interval{watts * 0.75, watts * 0.4, watts * 1.05};
  }
  return std::nullopt;
}

std::size_t cards_of(const Candidate& c) {
  if (!c.target->accelerator) return 0;
  return c.placement == PlacementKind::kSeveralGpus ? 1 + c.target->alike.size() : 1;
}

PlanProjection projection_of(const Candidate& c, const TaskSpec& spec, const PlanContext& context) {
  PlanProjection out;
  out.basis = c.speed.measured_here ? "measurements here, weighed with the fit" : "the fit of measured tables";
  out.power_w = power_of(context.machine, cards_of(c));
  if (c.speed.corrected)
    for (const auto& [metric, value] :
         {std::pair{"prefill_tok_s", c.speed.fitted_prefill}, std::pair{"decode_tok_s", c.speed.fitted_decode},
          std::pair{"latency_ms", c.speed.fitted_latency}, std::pair{"rtf", c.speed.fitted_rtf}})
      if (value > 0) out.fitted[metric] = value;
  if (spec.generates_text) {
    out.prefill_tok_s = c.speed.prefill;
    out.decode_tok_s = c.speed.decode;
    out.total_decode_tok_s =
        Interval{c.speed.decode->value * c.users, c.speed.decode->low * c.users, c.speed.decode->high * c.users};
    out.sustained_decode_tok_s = times(*c.speed.decode, sustained_share(context.machine, context.request.power));
    out.ttft_ms = c.speed.latency_ms;
    if (!c.sees) out.ttft_prompt_tokens = first_token_prompt(c.context_length);
    return out;
  }
  out.latency_ms = c.speed.latency_ms;
  out.rtf = c.speed.rtf;
  if (spec.modality == "vision" && c.speed.latency_ms) {
    const auto& ms = *c.speed.latency_ms;
    out.fps = Interval{1000.0 / ms.value, 1000.0 / ms.high, 1000.0 / ms.low};
  }
  return out;
}

int performance_cores(const HardwareProfile& machine) {
  int cores =
      machine.cpu.kinds.empty() ? (machine.cpu.cores ? machine.cpu.cores->value : 1) : machine.cpu.kinds.front().count;
  if (machine.limits.cpu_cores) cores = std::min(cores, std::max(1, static_cast<int>(machine.limits.cpu_cores->value)));
  return std::max(1, cores);
}

PlanSettings settings_of(const Candidate& c, const TaskSpec& spec, const PlanContext& context) {
  PlanSettings out;
  out.threads = performance_cores(context.machine);
  if (c.preset) {
    const auto& s = c.preset->settings;
    if (s.threads > 0) out.threads = std::min(s.threads, std::max(1, performance_cores(context.machine)));
    out.streams = s.streams;
    out.prompt_batch = s.prompt_batch;
    out.prompt_microbatch = s.prompt_microbatch;
    out.batch = s.batch;
    out.resolution = s.resolution;
    out.chunk_ms = s.chunk_ms;
    out.hop_ms = s.hop_ms;
    out.frame_ms = s.frame_ms;
    out.mlock = s.mlock;
    out.cache = s.cache;
    out.power_mode = s.power.mode;
    out.power_limit_w = s.power.limit_w;
  }
  if (!c.resolution.empty()) out.resolution = c.resolution;
  if (!spec.generates_text) return out;
  if (!out.prompt_microbatch) out.prompt_microbatch = 512;
  if (!out.prompt_batch) out.prompt_batch = std::max(512, *out.prompt_microbatch);
  out.streams = static_cast<int>(c.users);
  out.decode_batch = static_cast<int>(c.users);
  out.flash_attention = true;
  out.mmap = c.maps_file();
  out.gpu_layers = !c.target->accelerator ? 0 : c.placement == PlacementKind::kLayersSplit ? c.layers_on_device : -1;
  if (c.kv) out.kv_type = kv_word(*c.kv);
  return out;
}

std::string format_of(const Candidate& c) {
  const std::string format = format_for(*c.target, *c.precision, *c.model);
  if (!format.empty() || c.target->support->formats.empty()) return format;
  return c.target->support->formats.front();
}

void explain(PlanChoice& out, const Candidate& c, const PlanContext& context) {
  const auto& p = c.points;
  out.why.push_back(fmt::format("{}: {:.0f} points of quality ({})", c.model->name, p.quality, p.quality_basis));
  out.why.push_back(fmt::format(
      "{}: costs {:.1f} points{}", c.precision->name, p.precision_loss,
      context.floor && c.speed.decode ? fmt::format("; the floor of its use is {}", context.floor->name) : ""));
  if (c.preset) {
    const auto at = std::find(c.preset->models.begin(), c.preset->models.end(), c.model->id);
    if (at != c.preset->models.end())
      out.why.push_back(
          fmt::format("choice {} of the preset for {}", at - c.preset->models.begin() + 1, c.preset->device_class));
    if (c.preset->verdict == "no")
      out.caveats.push_back("the preset advises against this kind of work on this class of device");
    out.avoid = c.preset->avoid;
  }
  if (c.placement != PlacementKind::kOneDevice)
    out.why.push_back(fmt::format("does not fit {} whole: {}", c.target->device(), out.placement.kind));
  for (const auto& note : c.model->notes) out.caveats.push_back(note);
}

}  // namespace

PlanChoice plan_choice(const Candidate& c, const TaskSpec& spec, const PlanContext& context) {
  PlanChoice out;
  out.task = spec.wish.task;
  out.model = c.model->id;
  out.model_name = c.model->name;
  out.family = c.model->family;
  if (!c.model->hub.empty()) out.hub = c.model->hub.front();
  // The id of a file is its path, or the address of one that is not here yet.
  if (c.model->publisher == "file" && c.model->id.find("://") == std::string::npos) out.file = c.model->id;
  out.licence = c.model->licence.spdx;
  out.commercial = c.model->licence.commercial;
  out.licence_note = c.model->licence.note;
  out.precision = c.precision->id;
  out.precision_name = c.precision->name;
  out.format = format_of(c);
  out.runtime = c.target->runtime->id;
  out.runtime_name = c.target->runtime->name;
  out.runtime_present = c.target->present;
  const auto hint = c.target->runtime->install.find(context.machine.os);
  if (!c.target->present && hint != c.target->runtime->install.end()) out.install_hint = hint->second;
  out.backend = c.target->backend;
  out.device = c.target->device();
  if (c.target->accelerator && c.target->accelerator->name) {
    out.device_name = c.target->accelerator->name->value;
  } else if (context.machine.cpu.model) {
    out.device_name = context.machine.cpu.model->value;
  }
  out.context_length = c.context_length;
  out.users = c.users;
  out.parameters_B = static_cast<double>(c.model->parameters_total) / 1e9;
  out.active_B = c.model->parameters_active ? static_cast<double>(*c.model->parameters_active) / 1e9 : out.parameters_B;
  out.memory = memory_items(c.memory, c.target->device());
  out.memory_basis = "formula";
  out.placement = placement_of(c, context);
  out.projection = projection_of(c, spec, context);
  out.settings = settings_of(c, spec, context);
  explain(out, c, context);
  out.score = c.score;
  return out;
}

}  // namespace hearth
