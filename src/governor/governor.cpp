#include "governor/governor.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr std::size_t kPendingMax = 16;
// A machine that was hot when it was first looked at has not been seen idle; most idle below this.
constexpr double kIdleHottest_c = 50;
constexpr double kIdle = 0.05;  // share of time: less is no work
constexpr std::chrono::milliseconds kEvery{1000};
constexpr std::chrono::milliseconds kEveryHot{100};

double seconds(Moment from, Moment to) { return std::chrono::duration<double>(to - from).count(); }

// Strains in the order in which they are answered: what ends the process comes first.
constexpr std::array kOrder = {Strain::kMemory, Strain::kHeat, Strain::kBattery, Strain::kLoad};

}  // namespace

Governor::Governor(const GovernorLimits& limits, std::vector<GovernedModality> modalities)
    : limits_(limits), temperature_(limits.trend_window_s) {
  for (GovernedModality& each : modalities) {
    each.lowest = std::min(each.lowest, each.ladder.last());
    states_.push_back({std::move(each), 0, {}, {}});
  }
  for (StrainState& each : strains_) each.calm_needed_s = limits_.calm_s;
}

std::vector<GovernorStep> Governor::observe(const TelemetrySample& sample) {
  if (last_ && sample.at < *last_) return {};
  average_activity(sample);
  last_ = sample.at;
  judge(sample);
  settle(sample);
  std::vector<GovernorStep> steps;
  for (const Strain strain : kOrder)
    if (auto step = step_down(strain, sample)) {
      follow(*step, sample);
      steps.push_back(std::move(*step));
    }
  if (!steps.empty() || strained()) return steps;
  for (const Strain strain : kOrder)
    if (auto step = step_up(strain, sample)) {
      follow(*step, sample);
      steps.push_back(std::move(*step));
      break;  // one at a time: its effect is waited for
    }
  return steps;
}

void Governor::average_activity(const TelemetrySample& sample) {
  const double share = last_ ? std::min(1.0, seconds(*last_, sample.at) / limits_.activity_window_s) : 1;
  for (std::size_t m = 0; m < kModalities; ++m) usual_activity_[m] += (sample.activity[m] - usual_activity_[m]) * share;
}

std::optional<GovernorStep> Governor::step_down(Strain strain, const TelemetrySample& sample) {
  StrainState& state = of(strain);
  if (!state.strained) return std::nullopt;
  if (state.stepped_down && seconds(*state.stepped_down, sample.at) < settle_s(strain)) return std::nullopt;
  if (strain == Strain::kMemory && memory_short_since_ &&
      seconds(*memory_short_since_, sample.at) < limits_.memory_first_s)
    return std::nullopt;
  return best_step(strain, sample);
}

double Governor::settle_s(Strain strain) const {
  if (of(strain).urgent) return limits_.settle_urgent_s;
  if (strain != Strain::kHeat || !hot_in_s_) return limits_.settle_s;
  const double least_s = std::min(limits_.settle_urgent_s, limits_.settle_s);
  return std::clamp(*hot_in_s_ / limits_.steps_in_time, least_s, limits_.settle_s);
}

std::vector<GovernorStep> Governor::relieve(Strain strain, const TelemetrySample& sample) {
  auto step = best_step(strain, sample);
  if (!step) return {};
  follow(*step, sample);
  return {std::move(*step)};
}

// The modality whose next rung saves most for what it costs; one that computes nothing now saves no heat.
std::optional<GovernorStep> Governor::best_step(Strain strain, const TelemetrySample& sample) const {
  const State* best = nullptr;
  std::size_t best_rung = 0;
  double best_worth = 0;
  for (const State& each : states_) {
    const Ladder& ladder = each.governed.ladder;
    const auto next = ladder.next(each.rung, strain, each.governed.lowest);
    if (!next) continue;
    const double saved = 1 - ladder.share(*next, strain) / ladder.share(each.rung, strain);
    const double lost = 1 - ladder.quality(*next) / ladder.quality(each.rung);
    const double activity = sample.activity[static_cast<std::size_t>(ladder.modality)];
    const double worth = saved * (strain == Strain::kMemory ? 1 : 0.05 + activity) / (0.02 + lost);
    if (worth > best_worth) {
      best_worth = worth;
      best = &each;
      best_rung = *next;
    }
  }
  if (best == nullptr) return std::nullopt;
  const LadderRung& rung = best->governed.ladder.rungs[best_rung];
  return GovernorStep{best->governed.ladder.modality,
                      best->rung,
                      best_rung,
                      strain,
                      fmt::format("{}: {}; now {}", strain_name(strain), of(strain).figures, rung.name),
                      sample.at};
}

std::optional<GovernorStep> Governor::step_up(Strain strain, const TelemetrySample& sample) {
  const StrainState& state = of(strain);
  if (!state.calm_since || seconds(*state.calm_since, sample.at) < state.calm_needed_s) return std::nullopt;
  if (state.stepped_up && seconds(*state.stepped_up, sample.at) < state.calm_needed_s) return std::nullopt;
  for (const State& each : states_) {
    if (each.rung == 0 || each.causes.empty() || each.causes.back() != strain) continue;
    if (strain == Strain::kHeat && heat_would_return(each, sample)) continue;
    const Ladder& ladder = each.governed.ladder;
    const std::size_t to = each.stops.back();
    return GovernorStep{
        ladder.modality,
        each.rung,
        to,
        strain,
        fmt::format("{} has passed: {}; now {}", strain_name(strain), state.figures, ladder.rungs[to].name),
        sample.at};
  }
  return std::nullopt;
}

// Above the temperature of idling a machine is as warm as the power it takes for computing (in the steady state of a
// first-order plant), so the temperature after a step up is known before it is taken. The same work takes more time
// then, as far as there is time.
bool Governor::heat_would_return(const State& state, const TelemetrySample& sample) const {
  if (!sample.temperature_c) return false;
  const Ladder& ladder = state.governed.ladder;
  const std::size_t to = state.stops.back();
  const double time_ratio = ladder.share(to, Strain::kLoad) / ladder.share(state.rung, Strain::kLoad);
  const double energy_ratio = ladder.share(to, Strain::kHeat) / ladder.share(state.rung, Strain::kHeat);
  const double own = std::min(1.0, usual_activity_[static_cast<std::size_t>(ladder.modality)]);
  const double all = std::min(1.0, std::accumulate(usual_activity_.begin(), usual_activity_.end(), 0.0));
  if (own < kIdle || all < kIdle) return false;
  const double busy_ratio = std::min(1.0, all + own * (time_ratio - 1)) / all;
  const double power_ratio = 1 + (energy_ratio / time_ratio - 1) * own / all;
  const double idle_c = std::min(coolest_c_.value_or(kIdleHottest_c), kIdleHottest_c);
  const double expected_c = idle_c + std::max(0.0, *sample.temperature_c - idle_c) * busy_ratio * power_ratio;
  return expected_c > heat_limit_c(sample) - limits_.heat_up_margin_c;
}

void Governor::follow(const GovernorStep& step, const TelemetrySample& sample) {
  StrainState& strain = of(step.cause);
  const auto state =
      std::ranges::find_if(states_, [&](const State& s) { return s.governed.ladder.modality == step.modality; });
  if (step.to > step.from) {
    // A step up that did not last: the next one waits longer.
    if (strain.stepped_up && seconds(*strain.stepped_up, step.at) < strain.calm_needed_s + limits_.settle_s)
      strain.calm_needed_s = std::min(strain.calm_needed_s * 2, limits_.calm_max_s);
    state->causes.push_back(step.cause);
    state->stops.push_back(step.from);
    strain.stepped_down = step.at;
    strain.calm_since.reset();
  } else {
    // The one before did last: trust again, by half.
    if (strain.stepped_up && (!strain.stepped_down || *strain.stepped_down < *strain.stepped_up))
      strain.calm_needed_s = std::max(strain.calm_needed_s / 2, limits_.calm_s);
    state->causes.pop_back();
    state->stops.pop_back();
    strain.stepped_up = step.at;
  }
  state->rung = step.to;
  if (pending_.size() == kPendingMax) pending_.pop_front();
  StepEffect effect;
  effect.step = step;
  effect.temperature_before_c = sample.temperature_c;
  effect.slope_before = temperature_.slope();
  effect.power_before_w = sample.power_w;
  effect.available_before_bytes = sample.memory_available_bytes;
  pending_.push_back({std::move(effect), step.at + std::chrono::duration_cast<Moment::duration>(
                                                       std::chrono::duration<double>(limits_.settle_s))});
  temperature_.clear();  // what was before says nothing of the slope from now on
}

void Governor::settle(const TelemetrySample& sample) {
  while (!pending_.empty() && pending_.front().settled_at <= sample.at) {
    StepEffect effect = std::move(pending_.front().effect);
    pending_.pop_front();
    effect.temperature_after_c = sample.temperature_c;
    effect.slope_after = temperature_.slope();
    effect.power_after_w = sample.power_w;
    effect.available_after_bytes = sample.memory_available_bytes;
    if (effects_.size() == kPendingMax) effects_.erase(effects_.begin());
    effects_.push_back(std::move(effect));
  }
}

std::vector<StepEffect> Governor::take_effects() { return std::exchange(effects_, {}); }

const Governor::State* Governor::find(Modality modality) const {
  const auto found =
      std::ranges::find_if(states_, [&](const State& s) { return s.governed.ladder.modality == modality; });
  return found == states_.end() ? nullptr : &*found;
}

std::size_t Governor::rung(Modality modality) const {
  const State* state = find(modality);
  return state == nullptr ? 0 : state->rung;
}

std::string_view Governor::rung_name(Modality modality) const {
  const State* state = find(modality);
  return state == nullptr ? std::string_view("as planned") : state->governed.ladder.rungs[state->rung].name;
}

RungSettings Governor::settings(Modality modality) const {
  const State* state = find(modality);
  return state == nullptr ? RungSettings() : state->governed.ladder.settings(state->rung);
}

bool Governor::strained() const {
  return std::ranges::any_of(strains_, [](const StrainState& each) { return each.strained; });
}

std::chrono::milliseconds Governor::sample_every() const { return hot_ || strained() ? kEveryHot : kEvery; }

}  // namespace hearth
