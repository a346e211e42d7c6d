// When to do with less, and when to do more again: a pure state machine. Samples and time in, steps out.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "domain/ladder.h"
#include "domain/telemetry.h"
#include "governor/trend.h"

namespace hearth {

using Moment = std::chrono::steady_clock::time_point;

struct GovernorLimits {
  // Heat. A step down is due when the temperature expected in `horizon_s` reaches the throttle point less
  // `heat_margin_c`.
  double throttle_assumed_c = 85;  // where the machine doesn't tell: below what x86, Jetson and Pi throttle at
  double heat_margin_c = 3;
  double heat_calm_c = 6;  // below the point of stepping down by this: calm
  double trend_window_s = 20;
  double horizon_s = 60;           // what machines without a fan take to feel a step; more foresees what never comes
  double heat_up_margin_c = 4;     // a step up must end this far below the point of stepping down
  double activity_window_s = 120;  // over which a modality's share of the work is averaged for that
  // Memory: shares of what is available, and stalls in percent of time.
  double memory_low = 0.06;
  double memory_calm = 0.12;
  double stall_high_percent = 10;
  double stall_calm_percent = 2;
  // A step for want of memory waits this long after the want began: whoever calls gives caches back first.
  double memory_first_s = 0;
  // Battery: how many steps are in force below how much of it, unplugged. The first is the choice of a precision that
  // takes less power; it costs little, so it is made as soon as the plug is out.
  struct BatteryStage {
    double below_percent;
    std::size_t steps;
  };
  std::vector<BatteryStage> battery_stages = {{101, 1}, {50, 2}, {20, 3}, {10, 99}};
  double battery_hysteresis_percent = 5;
  // Load.
  std::uint32_t queue_high = 16;
  double slo_missed_high = 0.2;
  double slo_missed_calm = 0.05;
  // Between steps. A step shows its effect after `settle_s`; a sudden strain (the throttle point itself, an
  // out-of-memory event) waits only `settle_urgent_s`. Where heat rises so fast that fewer than `steps_in_time` steps
  // would fit before the point of stepping down is reached, they follow each other faster.
  double settle_s = 25;
  double steps_in_time = 2;
  double settle_urgent_s = 5;
  // Up again after this long without strain; doubled each time a step up did not last, up to `calm_max_s`.
  double calm_s = 120;
  double calm_max_s = 3600;
};

// A modality that is in use, with its ladder and how far down the plan lets it go.
struct GovernedModality {
  Ladder ladder;
  std::size_t lowest = 0;  // rung; at most ladder.last()
};

struct GovernorStep {
  Modality modality = Modality::kText;
  std::size_t from = 0, to = 0;  // rungs
  Strain cause = Strain::kHeat;  // of stepping down, or what has passed
  std::string why;               // one sentence with the figures
  Moment at{};
};

// What a step came to, told once it has settled.
struct StepEffect {
  GovernorStep step;
  std::optional<double> temperature_before_c, temperature_after_c;
  std::optional<double> slope_before, slope_after;  // degrees C a second
  std::optional<double> power_before_w, power_after_w;
  std::optional<std::uint64_t> available_before_bytes, available_after_bytes;
};

// Externally synchronised. Bounded: keeps the last samples of a window and nothing else that grows.
class Governor {
 public:
  // Ladders must have passed check_ladder(). A lowest rung beyond the ladder's last means the last.
  Governor(const GovernorLimits& limits, std::vector<GovernedModality> modalities);

  // Steps that are due now, at most one a modality and one a strain. The caller carries them out; they count as done.
  // Samples must not go back in time; one that does is ignored.
  [[nodiscard]] std::vector<GovernorStep> observe(const TelemetrySample& sample);
  // One step down for this strain now, whatever the thresholds say: somebody met it before the sample tells. None where
  // no rung is left.
  [[nodiscard]] std::vector<GovernorStep> relieve(Strain strain, const TelemetrySample& sample);
  // Whether a rung is left that relieves it.
  [[nodiscard]] bool can_relieve(Strain strain) const;
  // Effects that have settled since the last call.
  [[nodiscard]] std::vector<StepEffect> take_effects();

  // The rung a modality is on; 0 where it isn't governed.
  [[nodiscard]] std::size_t rung(Modality modality) const;
  [[nodiscard]] std::string_view rung_name(Modality modality) const;
  [[nodiscard]] RungSettings settings(Modality modality) const;
  [[nodiscard]] bool strained() const;
  // Whether downloads, calibration, benchmarks and training may run: on mains, cool, with memory, and nobody waiting.
  [[nodiscard]] bool background_allowed() const { return background_allowed_; }
  // How often the caller should sample.
  [[nodiscard]] std::chrono::milliseconds sample_every() const;

 private:
  struct State {
    GovernedModality governed;
    std::size_t rung = 0;
    std::vector<Strain> causes;      // of each step down that is in force, first to last
    std::vector<std::size_t> stops;  // the rung before each of them
  };
  struct StrainState {
    bool strained = false, urgent = false;
    std::optional<Moment> calm_since;
    std::optional<Moment> stepped_down, stepped_up;
    double calm_needed_s = 0;
    std::string figures;
  };
  struct Pending {
    StepEffect effect;
    Moment settled_at{};
  };

  void average_activity(const TelemetrySample& sample);
  void judge(const TelemetrySample& sample);
  void judge_heat(const TelemetrySample& sample);
  void judge_memory(const TelemetrySample& sample);
  void judge_battery(const TelemetrySample& sample);
  void judge_load(const TelemetrySample& sample);
  void set(Strain strain, bool strained, bool urgent, bool calm, Moment now);
  [[nodiscard]] std::optional<GovernorStep> step_down(Strain strain, const TelemetrySample& sample);
  [[nodiscard]] std::optional<GovernorStep> best_step(Strain strain, const TelemetrySample& sample) const;
  [[nodiscard]] std::optional<GovernorStep> step_up(Strain strain, const TelemetrySample& sample);
  [[nodiscard]] bool heat_would_return(const State& state, const TelemetrySample& sample) const;
  void follow(const GovernorStep& step, const TelemetrySample& sample);
  void settle(const TelemetrySample& sample);
  [[nodiscard]] double heat_limit_c(const TelemetrySample& sample) const;
  [[nodiscard]] double settle_s(Strain strain) const;
  [[nodiscard]] StrainState& of(Strain strain) { return strains_[static_cast<std::size_t>(strain)]; }
  [[nodiscard]] const StrainState& of(Strain strain) const { return strains_[static_cast<std::size_t>(strain)]; }
  [[nodiscard]] const State* find(Modality modality) const;

  GovernorLimits limits_;
  std::vector<State> states_;
  std::array<StrainState, kStrains> strains_{};
  Trend temperature_;
  std::array<double, kModalities> usual_activity_{};  // averaged over activity_window_s
  std::optional<double> hot_in_s_;                    // by the slope; absent while it doesn't rise
  std::optional<double> coolest_c_;                   // since the start: an upper bound of the surroundings
  std::optional<Moment> memory_short_since_;
  std::optional<std::uint64_t> throttle_events_, out_of_memory_events_;
  std::optional<Moment> last_;
  bool background_allowed_ = false;
  bool hot_ = false;
  std::deque<Pending> pending_;
  std::vector<StepEffect> effects_;
};

}  // namespace hearth
