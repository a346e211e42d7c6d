// What counts as strain and what as calm.
#include <algorithm>

#include <fmt/format.h>

#include "governor/governor.h"

namespace hearth {
namespace {

constexpr double kHot_c = 10;  // below the throttle point by this: worth looking ten times a second

}  // namespace

bool Governor::can_relieve(Strain strain) const {
  return std::ranges::any_of(states_, [strain](const State& each) {
    return each.governed.ladder.next(each.rung, strain, each.governed.lowest).has_value();
  });
}

double Governor::heat_limit_c(const TelemetrySample& sample) const {
  return sample.throttle_c.value_or(limits_.throttle_assumed_c) - limits_.heat_margin_c;
}

void Governor::set(Strain strain, bool strained, bool urgent, bool calm, Moment now) {
  StrainState& state = of(strain);
  state.strained = strained;
  state.urgent = urgent;
  if (!calm)
    state.calm_since.reset();
  else if (!state.calm_since)
    state.calm_since = now;
}

void Governor::judge(const TelemetrySample& sample) {
  judge_heat(sample);
  judge_memory(sample);
  judge_battery(sample);
  judge_load(sample);
  const bool cool = !sample.temperature_c || *sample.temperature_c < heat_limit_c(sample) - limits_.heat_calm_c;
  const bool idle =
      sample.waiting_requests == 0 && std::ranges::all_of(sample.activity, [](double share) { return share < 0.05; });
  background_allowed_ = sample.on_ac.value_or(true) && cool && idle && !strained();
}

void Governor::judge_heat(const TelemetrySample& sample) {
  if (!sample.temperature_c) return set(Strain::kHeat, false, false, true, sample.at);
  const double now_c = *sample.temperature_c;
  coolest_c_ = std::min(coolest_c_.value_or(now_c), now_c);
  temperature_.add(sample.at, now_c);
  const double limit_c = heat_limit_c(sample);
  const double slope = std::max(0.0, temperature_.slope().value_or(0));
  const double soon_c = now_c + slope * limits_.horizon_s;
  hot_in_s_ = slope > 0 ? std::optional(std::max(0.0, limit_c - now_c) / slope) : std::nullopt;
  const bool throttled = throttle_events_ && sample.throttle_events && *sample.throttle_events > *throttle_events_;
  if (sample.throttle_events) throttle_events_ = sample.throttle_events;
  hot_ = now_c >= limit_c + limits_.heat_margin_c - kHot_c;
  of(Strain::kHeat).figures = fmt::format("{:.1f} degC, {:.1f} in {:.0f} s, slows down at {:.0f}", now_c, soon_c,
                                          limits_.horizon_s, limit_c + limits_.heat_margin_c);
  // Falling already: what was done last is enough for now.
  const bool falling = temperature_.slope().value_or(0) < 0;
  const bool strained = throttled || (soon_c >= limit_c && !falling);
  set(Strain::kHeat, strained, throttled || now_c >= limit_c + limits_.heat_margin_c, soon_c < limit_c && !throttled,
      sample.at);
}

void Governor::judge_memory(const TelemetrySample& sample) {
  const double free_share =
      sample.memory_total_bytes && sample.memory_available_bytes && *sample.memory_total_bytes > 0
          ? static_cast<double>(*sample.memory_available_bytes) / static_cast<double>(*sample.memory_total_bytes)
          : 1.0;
  const double stalled = sample.memory_stall_percent.value_or(0);
  const bool killed =
      out_of_memory_events_ && sample.out_of_memory_events && *sample.out_of_memory_events > *out_of_memory_events_;
  if (sample.out_of_memory_events) out_of_memory_events_ = sample.out_of_memory_events;
  of(Strain::kMemory).figures =
      fmt::format("{:.0f} % of memory is available, {:.0f} % of time is lost waiting for it{}", free_share * 100,
                  stalled, killed ? ", an allocation hit the limit" : "");
  const bool is_short = killed || free_share < limits_.memory_low || stalled > limits_.stall_high_percent;
  if (!is_short)
    memory_short_since_.reset();
  else if (!memory_short_since_)
    memory_short_since_ = sample.at;
  set(Strain::kMemory, is_short, killed,
      !killed && free_share > limits_.memory_calm && stalled < limits_.stall_calm_percent, sample.at);
}

void Governor::judge_battery(const TelemetrySample& sample) {
  const bool on_battery = sample.on_ac.has_value() && !*sample.on_ac;
  const double percent = sample.battery_percent.value_or(100);
  std::size_t in_force = 0;
  for (const State& each : states_)
    in_force += static_cast<std::size_t>(std::ranges::count(each.causes, Strain::kBattery));
  std::size_t wanted = 0;
  std::size_t kept = 0;  // with a little more charge than the stage begins at, its steps stay
  for (const GovernorLimits::BatteryStage& stage : limits_.battery_stages) {
    if (on_battery && percent < stage.below_percent) wanted = std::max(wanted, stage.steps);
    if (on_battery && percent < stage.below_percent + limits_.battery_hysteresis_percent)
      kept = std::max(kept, stage.steps);
  }
  of(Strain::kBattery).figures = on_battery ? fmt::format("{:.0f} % left, not plugged in", percent) : "plugged in";
  set(Strain::kBattery, in_force < wanted && can_relieve(Strain::kBattery), false, in_force > kept, sample.at);
}

void Governor::judge_load(const TelemetrySample& sample) {
  const double missed = sample.slo_missed_share.value_or(0);
  of(Strain::kLoad).figures =
      fmt::format("{} requests wait, {:.0f} % missed their service level", sample.waiting_requests, missed * 100);
  set(Strain::kLoad, sample.waiting_requests >= limits_.queue_high || missed > limits_.slo_missed_high, false,
      sample.waiting_requests == 0 && missed < limits_.slo_missed_calm, sample.at);
}

}  // namespace hearth
