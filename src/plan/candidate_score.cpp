#include "plan/candidate_score.h"

#include <algorithm>
#include <cmath>

#include "plan/model_quality.h"

namespace hearth {
namespace {

// Points for each halving below a goal and each doubling above it, up to two doublings.
constexpr double kHalving = 9.0;
constexpr double kDoubling = 1.2;
constexpr double kMissedPromise = 60.0;

constexpr double kChatTokS = 20.0;  // twice a quick reader's pace; service level 10, wish 30
constexpr double kFirstTokenMs = 2500;
constexpr double kDetectFps = 30.0;
constexpr double kClassifyMs = 10.0;
constexpr double kSpeechRtf = 0.3;
constexpr double kChunkRtf = 0.1;  // a second for ten
constexpr double kEmbedMs = 50.0;

double speed_points(double value, const SpeedGoal& goal, double weight) {
  if (!(value > 0) || !(goal.target > 0)) return 0;
  const double doublings = std::log2(goal.lower_is_better ? goal.target / value : value / goal.target);
  double points = doublings < 0 ? kHalving * doublings : kDoubling * std::min(2.0, doublings);
  if (goal.promised && doublings < 0) points -= kMissedPromise;
  return weight * points;
}

// What can be relied on: between the projection and its bad end, so that a guess ranks behind a measurement.
double relied_on(const Interval& i, bool lower_is_better) {
  return std::sqrt(std::max(1e-12, i.value * (lower_is_better ? i.high : i.low)));
}

double text_speed_points(const Candidate& c, const PlanRequest& request, double weight) {
  double points = 0;
  if (c.speed.decode)
    points += speed_points(relied_on(*c.speed.decode, false),
                           {request.slo_tok_s.value_or(kChatTokS), false, request.slo_tok_s.has_value()}, weight);
  if (c.speed.latency_ms)
    points += 0.4 * speed_points(relied_on(*c.speed.latency_ms, true),
                                 {request.slo_ttft_ms.value_or(kFirstTokenMs), true, request.slo_ttft_ms.has_value()},
                                 weight);
  return points;
}

double media_speed_points(const Candidate& c, const TaskSpec& spec, double weight) {
  if (c.speed.rtf)
    return speed_points(relied_on(*c.speed.rtf, true), {spec.modality == "tts" ? kSpeechRtf : kChunkRtf, true}, weight);
  if (!c.speed.latency_ms) return -kHalving;
  if (spec.wish.task == "classify")
    return speed_points(relied_on(*c.speed.latency_ms, true), {kClassifyMs, true}, weight);
  if (spec.modality == "vision")
    return speed_points(1000.0 / relied_on(*c.speed.latency_ms, true), {kDetectFps}, weight);
  return speed_points(relied_on(*c.speed.latency_ms, true), {kEmbedMs, true}, weight);
}

double preset_points(const Candidate& c) {
  if (!c.preset) return 0;
  const auto& settings = c.preset->settings;
  const auto& runtime = c.target->runtime->id;
  double points = 0;
  if (settings.runtime == runtime) {
    points += 3;
  } else if (std::find(settings.alternatives.begin(), settings.alternatives.end(), runtime) !=
             settings.alternatives.end()) {
    points += 1;
  }
  // first choices of people who tried: four points for the first, one less for each after it
  const auto at = std::find(c.preset->models.begin(), c.preset->models.end(), c.model->id);
  if (at != c.preset->models.end()) points += std::max(1.0, 4.0 - static_cast<double>(at - c.preset->models.begin()));
  if (settings.precision == c.precision->id) points += 0.5;
  const bool on_cpu = c.target->accelerator == nullptr;
  if ((settings.device == "cpu") == on_cpu) points += 1;
  return points;
}

// Of two media models alike in all else the smaller one leaves more for the others: a third of a point each doubling.
double size_points(const Candidate& c, const TaskSpec& spec) {
  if (spec.generates_text) return 0;
  constexpr double kSmall = 64.0 * 1024 * 1024;
  return -0.33 * std::log2(std::max(1.0, static_cast<double>(c.memory.total()) / kSmall));
}

// Parts on both sides of a bus are fragile. What counts on much of a host's memory that is only assumed may not run at
// all.
double placement_points(const Candidate& c, const HardwareProfile& machine) {
  constexpr std::uint64_t kAnyHostHas = 4ULL << 30U;
  double points = 0;
  if (c.placement != PlacementKind::kOneDevice && c.placement != PlacementKind::kSeveralGpus) points -= 4;
  const bool assumed = machine.memory.total_bytes && machine.memory.total_bytes->provenance == Provenance::kAssumed;
  if (assumed && c.bytes[PoolLedger::ram()] > kAnyHostHas) points -= 8;
  return points;
}

double use_points(const CatalogModel& model, const std::vector<std::string>& uses) {
  double points = 0;
  for (const auto& use : uses) {
    if (use == "chat" || use == "retrieval" || use == "high_fidelity") continue;
    points += std::find(model.tasks.begin(), model.tasks.end(), use) != model.tasks.end() ? 4.0 : -2.0;
  }
  return points;
}

double licence_points(const CatalogModel& model) {
  if (model.licence.commercial == "no") return 8;
  return model.licence.commercial == "conditional" ? 2 : 0;
}

}  // namespace

void score_candidate(Candidate& c, const PlanContext& context, const TaskSpec& spec, std::uint64_t wanted_context) {
  const auto& request = context.request;
  CandidateScore& points = c.points;
  auto quality = model_quality(*c.model, spec.wish.task);
  points.quality = quality.points;
  points.quality_basis = std::move(quality.basis);
  points.precision_loss = precision_loss(*c.model, *c.precision, context.inputs.catalog.precisions);
  if (request.quality == PlanQuality::kHigh) points.precision_loss *= 2.0;
  points.context_loss = 0;
  if (c.kv && c.kv->rung < 98) points.context_loss += c.kv->rung >= 90 ? 0.2 : 2.0;
  if (wanted_context > c.context_length && c.context_length > 0)
    points.context_loss += 2.0 * std::log2(static_cast<double>(wanted_context) / static_cast<double>(c.context_length));
  double weight = 1.0;
  if (request.quality == PlanQuality::kFast) weight = 2.0;
  if (request.quality == PlanQuality::kHigh) weight = 0.6;
  points.speed = spec.generates_text ? text_speed_points(c, request, weight) : media_speed_points(c, spec, weight);
  points.preference = preset_points(c) + size_points(c, spec) + placement_points(c, context.machine) +
                      use_points(*c.model, request.uses);
  points.licence = licence_points(*c.model);
  c.score = points.total();
}

}  // namespace hearth
