#include "sim/plant_hour.h"

#include <algorithm>

#include <fmt/format.h>

#include "probe/telemetry_sampler.h"
#include "sim/plant_tree.h"

namespace hearth {
namespace {

constexpr double kMomentEvery_s = 5, kActivityWindow_s = 10, kSteadyAfter_s = 900, kLongest_s = 48 * 3600;
constexpr double kMinute_s = 60;

class HourRun {
 public:
  HourRun(const PlantRecord& record, const PlantHourOptions& options)
      : options_(options), plant_(record), load_(plant_, options.vision, options.seed), tree_(options.tree) {}

  Result<PlantHour> run() {
    if (options_.governed) HEARTH_TRY(begin_governing());
    const double end_s = options_.minutes * kMinute_s;
    while (load_.now_s() < end_s && !plant_.empty()) HEARTH_TRY(step(end_s));
    finish();
    if (options_.until_empty) {
      while (load_.now_s() < kLongest_s && !plant_.empty()) HEARTH_TRY(step(end_s));
      if (plant_.empty()) hour_.battery_hours = load_.now_s() / 3600;
    }
    return std::move(hour_);
  }

 private:
  Status begin_governing() {
    HEARTH_TRY(tree_.write(plant_));
    sampler_.emplace(SystemTree(options_.tree), TelemetryOptions());
    std::vector<GovernedModality> governed = {{options_.chat_ladder, options_.chat_ladder.last()}};
    if (options_.vision) governed.push_back({options_.vision_ladder, options_.vision_ladder.last()});
    governor_.emplace(options_.limits, std::move(governed));
    return {};
  }

  Status step(double end_s) {
    const double took_s = load_.step();
    const auto busy = load_.take_busy_s();
    for (std::size_t m = 0; m < kModalities; ++m)
      activity_[m] += (busy[m] / took_s - activity_[m]) * std::min(1.0, took_s / kActivityWindow_s);
    const double now_s = load_.now_s();
    for (const double gap_s : load_.take_gaps()) gaps_.push_back(gap_s);
    if (now_s <= end_s) {
      while (now_s >= next_minute_s_) close_minute();
      if (now_s >= next_moment_s_) note_moment();
      if (!last_third_ && now_s >= end_s * 2 / 3) last_third_ = load_.counts();
    }
    hour_.hottest_c = std::max(hour_.hottest_c, plant_.temperature_c());
    if (governor_ && now_s >= next_sample_s_) return govern(now_s, end_s);
    return {};
  }

  Status govern(double now_s, double end_s) {
    HEARTH_TRY(tree_.write(plant_));
    TelemetrySample sample =
        sampler_->sample(Moment(std::chrono::microseconds(static_cast<std::int64_t>(now_s * 1e6))));
    sample.activity = activity_;
    sample.waiting_requests = static_cast<std::uint32_t>(load_.waiting());
    for (GovernorStep& each : governor_->observe(sample)) {
      if (now_s > kSteadyAfter_s && now_s <= end_s) ++hour_.steps_when_steady;
      if (now_s <= end_s) hour_.steps.push_back(std::move(each));
    }
    load_.set_rungs(governor_->settings(Modality::kText),
                    options_.chat_ladder.quality(governor_->rung(Modality::kText)),
                    governor_->settings(Modality::kVision));
    next_sample_s_ = now_s + std::chrono::duration<double>(governor_->sample_every()).count();
    return {};
  }

  void close_minute() {
    if (!gaps_.empty()) {
      const auto nth = gaps_.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(gaps_.size() - 1) * 0.99);
      std::nth_element(gaps_.begin(), nth, gaps_.end());
      hour_.worst_minute_gap_p99_s = std::max(hour_.worst_minute_gap_p99_s, *nth);
      gaps_.clear();
    }
    next_minute_s_ += kMinute_s;
  }

  void note_moment() {
    const double now_s = load_.now_s();
    const PlantLoadCounts& counts = load_.counts();
    PlantMoment moment;
    moment.at_s = now_s;
    moment.temperature_c = plant_.temperature_c();
    moment.clock_share = plant_.clock_share();
    const double passed_s = now_s - noted_s_;
    moment.power_w = (plant_.energy_j() - noted_j_) / passed_s;
    if (governor_) {
      moment.chat_rung = governor_->rung(Modality::kText);
      moment.vision_rung = governor_->rung(Modality::kVision);
    }
    moment.tok_s = static_cast<double>(counts.tokens - noted_.tokens) / passed_s;
    moment.frames_per_s = static_cast<double>(counts.frames - noted_.frames) / passed_s;
    moment.battery_percent = plant_.battery_percent();
    hour_.moments.push_back(moment);
    noted_ = counts;
    noted_s_ = now_s;
    noted_j_ = plant_.energy_j();
    next_moment_s_ = now_s + kMomentEvery_s;
  }

  void finish() {
    const PlantLoadCounts& counts = load_.counts();
    hour_.tokens = counts.tokens;
    hour_.frames = counts.frames;
    hour_.answered = counts.answered;
    hour_.refused = counts.refused;
    const PlantLoadCounts before = last_third_.value_or(counts);
    hour_.tokens_last_third = counts.tokens - before.tokens;
    hour_.frames_last_third = counts.frames - before.frames;
    if (counts.tokens > 0) hour_.quality = counts.quality_tokens / static_cast<double>(counts.tokens);
    hour_.longest_at_throttle_s = plant_.longest_at_throttle_s();
    hour_.energy_j = plant_.energy_j();
  }

  const PlantHourOptions& options_;
  DevicePlant plant_;
  PlantLoad load_;
  PlantTree tree_;
  std::optional<TelemetrySampler> sampler_;
  std::optional<Governor> governor_;
  std::array<double, kModalities> activity_{};
  std::vector<double> gaps_;
  double next_minute_s_ = kMinute_s, next_moment_s_ = kMomentEvery_s, next_sample_s_ = 0;
  double noted_s_ = 0, noted_j_ = 0;
  PlantLoadCounts noted_;
  std::optional<PlantLoadCounts> last_third_;
  PlantHour hour_;
};

}  // namespace

Result<PlantHour> simulate_plant(const PlantRecord& plant, const PlantHourOptions& options) {
  constexpr double kMinutesMax = 1440;
  if (!(options.minutes >= 1 && options.minutes <= kMinutesMax))
    return fail(ErrorCode::kInvalidArgument, fmt::format("can't simulate {} minutes", options.minutes),
                fmt::format("give 1 to {}", kMinutesMax));
  return HourRun(plant, options).run();
}

}  // namespace hearth
