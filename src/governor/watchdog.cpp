#include "governor/watchdog.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr std::array<std::string_view, 13> kRemedyNames = {
    "kill",           "restart",    "quarantine", "give caches back", "step down",  "refuse", "accept", "stop writing",
    "resume writing", "shed queue", "pause",      "resume",           "keep caches"};

std::chrono::steady_clock::duration duration_of(double seconds) {
  return std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
}

}  // namespace

std::string_view remedy_name(Remedy remedy) { return kRemedyNames[static_cast<std::size_t>(remedy)]; }

double Watchdog::seconds_since(Time at) const { return std::chrono::duration<double>(now_ - at).count(); }

std::vector<WatchdogAction> Watchdog::observe(const WatchdogEvent& event, Time at) {
  now_ = std::max(now_, at);
  std::vector<WatchdogAction> out;
  std::visit([&](const auto& each) { on(each, out); }, event);
  return out;
}

void Watchdog::on(const ModelBegan& event, std::vector<WatchdogAction>& /*out*/) {
  Model& model = models_[event.model];
  if (model.quarantined) return;
  model.stall_s = event.stall_s;
  model.up = true;
  model.has_work = model.killed = false;
  model.stepped = now_;
  model.restart_at.reset();
}

void Watchdog::on(const ModelStepped& event, std::vector<WatchdogAction>& /*out*/) {
  const auto found = models_.find(event.model);
  if (found == models_.end()) return;
  found->second.stepped = now_;
  found->second.has_work = event.has_work;
}

void Watchdog::on(const ModelGotWork& event, std::vector<WatchdogAction>& /*out*/) {
  const auto found = models_.find(event.model);
  if (found == models_.end() || found->second.has_work) return;
  found->second.has_work = true;
  found->second.stepped = now_;  // from now on a step is expected
}

void Watchdog::on(const ModelCrashed& event, std::vector<WatchdogAction>& out) {
  Model& model = models_[event.model];
  if (model.quarantined) return;
  model.up = model.has_work = false;
  // A stalled worker that was ended by us: the stall is the model's own fault, the signal is not its cause.
  const bool own = event.cause == CrashCause::kOwnFault || model.killed;
  model.killed = false;
  if (event.cause == CrashCause::kOutOfMemory) relieve_memory(can_step_down_, out);
  while (!model.faults.empty() && seconds_since(model.faults.front()) > limits_.crash_window_s)
    model.faults.pop_front();
  if (own) model.faults.push_back(now_);
  if (model.faults.size() >= limits_.crashes_to_quarantine) {
    model.quarantined = true;
    model.restart_at.reset();
    out.push_back({Remedy::kQuarantine, event.model,
                   fmt::format("{} crashed {} times within {:.0f} minutes, the last time by {}; it is not loaded again "
                               "until you release it",
                               event.model, model.faults.size(), limits_.crash_window_s / 60, event.what)});
    return;
  }
  const bool again = model.crashed && seconds_since(*model.crashed) <= limits_.crash_window_s;
  model.backoff_s = again ? std::min(model.backoff_s * 2, limits_.backoff_max_s) : limits_.backoff_s;
  // What somebody else ended is no sign that the next start fails: it is tried as soon as the first time.
  if (event.cause == CrashCause::kKilled && !own) model.backoff_s = limits_.backoff_s;
  // Memory that is relieved is what helps. A longer wait would be taken for calm, and the relief begin anew.
  if (event.cause == CrashCause::kOutOfMemory && !own)
    model.backoff_s = std::min(model.backoff_s, std::max(limits_.backoff_s, limits_.memory_settle_s));
  model.crashed = now_;
  model.restart_at = now_ + duration_of(model.backoff_s);
}

void Watchdog::on(const ModelLeft& event, std::vector<WatchdogAction>& /*out*/) {
  const auto found = models_.find(event.model);
  if (found == models_.end() || found->second.quarantined) return;
  found->second.up = found->second.has_work = false;
  found->second.restart_at.reset();  // its crashes are remembered
}

void Watchdog::on(const AllocationFailed& event, std::vector<WatchdogAction>& out) {
  can_step_down_ = event.can_step_down;
  relieve_memory(event.can_step_down, out);
}

void Watchdog::on(const MachineFelt& event, std::vector<WatchdogAction>& out) {
  look_at_models(out);
  look_at_memory(event.sample, out);
  look_at_disk(event.sample, out);
  look_at_queue(event.sample, out);
  look_at_heat(event.sample, out);
}

// Caches first, for they cost nothing but time; then quality; then service.
void Watchdog::relieve_memory(bool can_step_down, std::vector<WatchdogAction>& out) {
  memory_failed_ = now_;
  if (memory_acted_ && seconds_since(*memory_acted_) < limits_.memory_settle_s) return;
  if (refusing_) return;
  memory_acted_ = now_;
  ++memory_measures_;
  if (memory_measures_ == 1) {
    out.push_back({Remedy::kGiveCachesBack, "", "memory is short: caches are given back"});
  } else if (can_step_down) {
    out.push_back({Remedy::kStepDown, "", "allocations fail though caches were given back: one rung down"});
  } else {
    refusing_ = true;
    out.push_back({Remedy::kRefuse, "", "memory is short and nothing is left to give back: new requests are refused"});
  }
}

void Watchdog::look_at_models(std::vector<WatchdogAction>& out) {
  for (auto& [name, model] : models_) {
    if (model.quarantined) continue;
    if (model.restart_at && *model.restart_at <= now_) {
      model.restart_at.reset();
      out.push_back({Remedy::kRestart, name,
                     fmt::format("{} crashed; started again after {:.2f} s", name, seconds_since(*model.crashed))});
    }
    if (!model.up || !model.has_work || model.killed || seconds_since(*model.stepped) <= model.stall_s) continue;
    model.killed = true;
    out.push_back({Remedy::kKill, name,
                   fmt::format("{} has made no step for {:.1f} s, {:.1f} are allowed", name,
                               seconds_since(*model.stepped), model.stall_s)});
  }
}

void Watchdog::look_at_memory(const TelemetrySample& sample, std::vector<WatchdogAction>& out) {
  const bool failed =
      out_of_memory_events_ && sample.out_of_memory_events && *sample.out_of_memory_events > *out_of_memory_events_;
  if (sample.out_of_memory_events) out_of_memory_events_ = sample.out_of_memory_events;
  if (failed) return relieve_memory(can_step_down_, out);
  if (is_short(sample)) {
    // Nothing failed yet: caches go, and what is more is the governor's.
    if (memory_measures_ == 0) relieve_memory(can_step_down_, out);
    memory_failed_ = now_;
    return;
  }
  if (refusing_ && seconds_since(*memory_failed_) >= limits_.accept_s) {
    refusing_ = false;
    out.push_back({Remedy::kAccept, "", fmt::format("no allocation failed for {:.0f} s", limits_.accept_s)});
  }
  if (memory_measures_ == 0 || seconds_since(*memory_failed_) < limits_.memory_calm_s) return;
  memory_measures_ = 0;
  can_step_down_ = true;
  const std::string why = fmt::format("no allocation failed for {:.0f} s", limits_.memory_calm_s);
  if (std::exchange(refusing_, false)) out.push_back({Remedy::kAccept, "", why});  // accept_s may be longer
  out.push_back({Remedy::kKeepCaches, "", why});
}

bool Watchdog::is_short(const TelemetrySample& sample) const {
  const bool little = sample.memory_total_bytes && sample.memory_available_bytes &&
                      static_cast<double>(*sample.memory_available_bytes) <
                          limits_.memory_low * static_cast<double>(*sample.memory_total_bytes);
  return little ||
         (limits_.stall_high_percent > 0 && sample.memory_stall_percent.value_or(0) > limits_.stall_high_percent);
}

void Watchdog::look_at_disk(const TelemetrySample& sample, std::vector<WatchdogAction>& out) {
  if (!sample.disk_free_bytes) return;
  const std::uint64_t mib = *sample.disk_free_bytes >> 20U;
  if (writing_ && *sample.disk_free_bytes < limits_.disk_low_bytes) {
    writing_ = false;
    out.push_back({Remedy::kStopWriting, "", fmt::format("{} MiB are left on the disk", mib)});
  } else if (!writing_ && *sample.disk_free_bytes >= limits_.disk_low_bytes * 2) {
    writing_ = true;
    out.push_back({Remedy::kResumeWriting, "", fmt::format("{} MiB are free on the disk again", mib)});
  }
}

void Watchdog::look_at_queue(const TelemetrySample& sample, std::vector<WatchdogAction>& out) {
  const std::uint32_t now = sample.waiting_requests;
  const bool shorter = now < queue_was_;
  queue_was_ = now;
  if (now <= limits_.queue_most || shorter) return queue_long_since_.reset();
  if (!queue_long_since_) queue_long_since_ = now_;
  if (seconds_since(*queue_long_since_) < limits_.queue_patience_s) return;
  queue_long_since_.reset();
  out.push_back({Remedy::kShedQueue, "",
                 fmt::format("{} requests wait and the queue doesn't get shorter; {} may", now, limits_.queue_most)});
}

void Watchdog::look_at_heat(const TelemetrySample& sample, std::vector<WatchdogAction>& out) {
  if (!sample.temperature_c || !sample.throttle_c) return;
  if (!paused_ && *sample.temperature_c >= *sample.throttle_c + limits_.trip_above_c) {
    paused_ = true;
    out.push_back({Remedy::kPause, "",
                   fmt::format("{:.0f} degC, though the machine slows down at {:.0f}", *sample.temperature_c,
                               *sample.throttle_c)});
  } else if (paused_ && *sample.temperature_c <= *sample.throttle_c - limits_.trip_calm_c) {
    paused_ = false;
    out.push_back({Remedy::kResume, "", fmt::format("{:.0f} degC again", *sample.temperature_c)});
  }
}

bool Watchdog::release(const std::string& model) {
  const auto found = models_.find(model);
  if (found == models_.end() || !found->second.quarantined) return false;
  models_.erase(found);
  return true;
}

bool Watchdog::quarantined(const std::string& model) const {
  const auto found = models_.find(model);
  return found != models_.end() && found->second.quarantined;
}

std::optional<Watchdog::Time> Watchdog::restart_at(const std::string& model) const {
  const auto found = models_.find(model);
  return found == models_.end() ? std::nullopt : found->second.restart_at;
}

std::optional<Watchdog::Time> Watchdog::next_restart() const {
  std::optional<Time> next;
  for (const auto& [name, model] : models_)
    if (model.restart_at && (!next || *model.restart_at < *next)) next = model.restart_at;
  return next;
}

}  // namespace hearth
