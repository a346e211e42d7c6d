#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "plan/candidate_variant.h"
#include "plan/plan_explanations.h"

namespace hearth {
namespace {

constexpr std::uint64_t kLeastContext = 1024;
constexpr int kGentleRung = 30;  // Q3_K_M: the lowest a running service steps to

PlanRung rung_of(const Candidate& c, std::string name, std::string action, std::string cost) {
  PlanRung rung;
  rung.name = std::move(name);
  rung.model = c.model->id;
  rung.precision = c.precision->id;
  if (c.kv) rung.kv_type = kv_word(*c.kv);
  rung.action = std::move(action);
  rung.context_length = c.context_length;
  rung.total_bytes = c.memory.total();
  rung.quality_cost = std::move(cost);
  rung.decode_tok_s = c.speed.decode;
  if (!c.speed.decode) rung.latency_ms = c.speed.latency_ms;
  return rung;
}

// The best fitting option of another model with clearly fewer bytes.
const Candidate* smaller(const TaskOptions& options, const Candidate& than) {
  for (const auto& option : options.of_models)
    if (option.model != than.model && option.memory.total() * 10 <= than.memory.total() * 6) return &option;
  return nullptr;
}

void text_ladder(std::vector<PlanRung>& out, const DecidedTask& task, const PlanContext& context) {
  Candidate c = *task.chosen;
  if (c.users > 1) {
    c.users = std::max(1U, c.users / 2);
    if (recount(c, context))
      out.push_back(rung_of(c, "fewer at once", fmt::format("decode {} streams, queue the rest", c.users),
                            "none; the queue waits longer"));
  }
  if (c.context_length / 2 >= kLeastContext) {
    c.context_length /= 2;
    if (recount(c, context))
      out.push_back(rung_of(c, "shorter context", fmt::format("{} tokens for each user", c.context_length),
                            "long conversations are cut"));
  }
  const auto* q8 = find_record(context.inputs.catalog.precisions, "kv-q8-0");
  if (q8 && c.kv && c.kv->rung > q8->rung) {
    c.kv = q8;
    if (recount(c, context))
      out.push_back(rung_of(c, "cache in Q8_0", "the KV cache is quantised", "hardly measurable"));
  }
  if (const Candidate* less = smaller(*task.options, c)) {
    Candidate s = *less;
    out.push_back(rung_of(s, "smaller model", fmt::format("{} in {}", s.model->name, s.precision->name),
                          fmt::format("{:.0f} points", task.chosen->points.quality - s.points.quality)));
    for (const auto& precision : context.inputs.catalog.precisions) {
      if (precision.id != "q3-k-m" || s.precision->group != precision.group || s.precision->rung <= kGentleRung)
        continue;
      const std::uint64_t before = s.memory.total();
      s.precision = &precision;
      if (recount(s, context) && s.memory.total() < before)
        out.push_back(rung_of(s, "smaller model, lower precision",
                              fmt::format("{} in {}", s.model->name, precision.name),
                              "below the floor: only while it is hot or short of memory"));
    }
    c = s;
  }
  PlanRung last = rung_of(c, "short answers", "answers are cut at 128 tokens", "answers are short");
  if (!context.request.offline && !context.request.privacy) last.action += ", or another machine of yours answers";
  out.push_back(std::move(last));
}

void media_ladder(std::vector<PlanRung>& out, const DecidedTask& task) {
  const Candidate& chosen = *task.chosen;
  if (task.options->spec.modality == "vision" && chosen.model->kind == "detection") {
    for (const int side : {512, 416, 320}) {
      const int now = chosen.resolution.empty() ? 640 : chosen.resolution.front();
      if (side >= now) continue;
      PlanRung rung = rung_of(chosen, fmt::format("{} pixels", side), fmt::format("input of {0}x{0}", side),
                              "small objects are missed");
      const double share = static_cast<double>(side) * side / (static_cast<double>(now) * now);
      if (rung.latency_ms)
        rung.latency_ms =
            Interval{rung.latency_ms->value * share, rung.latency_ms->low * share, rung.latency_ms->high * share};
      out.push_back(std::move(rung));
    }
  }
  if (const Candidate* less = smaller(*task.options, chosen))
    out.push_back(rung_of(*less, "smaller model", fmt::format("{} in {}", less->model->name, less->precision->name),
                          fmt::format("{:.0f} points", chosen.points.quality - less->points.quality)));
  if (task.options->spec.modality == "vision")
    out.push_back(rung_of(chosen, "every second frame", "half of the frames are skipped", "tracks are coarser"));
  if (task.options->spec.modality == "stt")
    out.push_back(rung_of(chosen, "finals only", "partial results are not shown", "text appears later"));
  if (task.options->spec.modality == "tts")
    out.push_back(rung_of(chosen, "parametric voice", "a formant synthesiser speaks", "sounds like a machine"));
}

}  // namespace

std::vector<PlanRung> ladder_of(const DecidedTask& task, const PlanContext& context) {
  std::vector<PlanRung> out;
  if (!task.chosen) return out;
  out.push_back(rung_of(*task.chosen, "as planned", "", "none"));
  if (task.options->spec.generates_text) {
    text_ladder(out, task, context);
  } else {
    media_ladder(out, task);
  }
  return out;
}

}  // namespace hearth
