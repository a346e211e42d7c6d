// The governor and the watchdog: what they feel, and what comes of their decisions.
#include <algorithm>

#include <fmt/format.h>

#include "sim/whole_server_impl.h"

namespace hearth {
namespace {

constexpr double kGib = 1073741824.0;
constexpr double kOpenMost_s = 1800;  // a request, whatever happens
constexpr double kActivityWindow_s = 10;
constexpr double kLookLeast_s = 0.5;

}  // namespace

void SimulatedServer::look() {
  const double seconds = now_s_ - looked_s_;
  activity_ += (busy_s_ / std::max(1e-3, seconds) - activity_) * std::min(1.0, seconds / kActivityWindow_s);
  busy_s_ = 0;
  looked_s_ = now_s_;
  for (Model& model : models_) {
    if (!model.resident) continue;
    const bool has_work = model.plant->open() > 0;
    if (model.stepped != model.stepped_told || paused_) tell(ModelStepped{model.name, has_work});
    model.stepped_told = model.stepped;
    if (has_work) tell(ModelGotWork{model.name});
  }
  const TelemetrySample sample = feel();
  tell(MachineFelt{sample});
  for (const GovernorStep& step : governor_.observe(sample)) follow(step);
  follow_rung();
  expire();
  // Ten times a second where it is hot would be most of the work of this simulation.
  next_sample_s_ = now_s_ + std::max(kLookLeast_s, std::chrono::duration<double>(governor_.sample_every()).count());
}

TelemetrySample SimulatedServer::feel() {
  TelemetrySample sample;
  sample.at = now();
  sample.temperature_c = device_.temperature_c();
  sample.throttle_c = machine_.throttling.at_c;
  sample.throttle_events = device_.throttle_events();
  sample.clock_share = device_.clock_share();
  sample.power_w = device_.power_w();
  if (!on_ac_) battery_ = std::max(1.0, battery_ - 0.02);
  sample.battery_percent = battery_;
  sample.on_ac = on_ac_;
  sample.memory_total_bytes = static_cast<std::uint64_t>(2 * options_.budget_gib * kGib);
  const double free_share = std::max(0.0, 0.4 - squeezed_);
  sample.memory_available_bytes =
      static_cast<std::uint64_t>(static_cast<double>(*sample.memory_total_bytes) * free_share);
  sample.memory_stall_percent = squeezed_ > 0.38 ? 25 : 0;
  sample.out_of_memory_events = out_of_memory_events_;
  sample.disk_free_bytes = 10ULL << 30U;
  sample.waiting_requests = static_cast<std::uint32_t>(waiting());
  sample.activity[static_cast<std::size_t>(Modality::kText)] = std::min(1.0, activity_);
  return sample;
}

void SimulatedServer::tell(const WatchdogEvent& event) {
  for (const WatchdogAction& action : watchdog_.observe(event, now())) carry_out(action);
}

void SimulatedServer::carry_out(const WatchdogAction& action) {
  note(1000 + static_cast<std::uint64_t>(action.remedy));
  switch (action.remedy) {
    case Remedy::kKill: crash(models_[model_named(action.model)], "SIGKILL", CrashCause::kKilled); break;
    case Remedy::kQuarantine: ++run_.counts.quarantines; break;
    case Remedy::kGiveCachesBack:
      ++run_.counts.caches_given_back;
      swaps_.unload_idle();
      break;
    case Remedy::kStepDown:
      for (const GovernorStep& step : governor_.relieve(Strain::kMemory, feel())) follow(step);
      break;
    case Remedy::kRefuse: refusing_ = true; break;
    case Remedy::kAccept: refusing_ = false; break;
    case Remedy::kPause:
      paused_ = true;
      ++run_.counts.pauses;
      break;
    case Remedy::kResume: paused_ = false; break;
    case Remedy::kRestart:  // it comes when it is asked for
    case Remedy::kKeepCaches:
    case Remedy::kStopWriting:
    case Remedy::kResumeWriting:
    case Remedy::kShedQueue: break;
  }
}

void SimulatedServer::follow(const GovernorStep& step) {
  ++(step.to > step.from ? run_.counts.steps_down : run_.counts.steps_up);
  note(5000 + step.from * 64 + step.to);
  if (step.to > lowest_) violation(fmt::format("rung {} is below the lowest, {}", step.to, lowest_));
  if (step.to == step.from) violation("a step that goes nowhere");
}

void SimulatedServer::follow_rung() {
  settings_ = governor_.settings(Modality::kText);
  const auto most = static_cast<std::uint32_t>(std::max(1.0, kSlots * settings_.concurrency_share.value_or(1)));
  active_before_rung_.resize(models_.size());
  for (std::size_t i = 0; i < models_.size(); ++i) {
    models_[i].plant->set_sequences(most);
    active_before_rung_[i] = models_[i].plant->planner().active();
  }
  device_.set_clock_cap(settings_.clock_share.value_or(1));
  for (const auto& [model, smaller] : options_.smaller) swaps_.set_leaving(model, settings_.model.has_value());
  if (governor_.rung(Modality::kText) > lowest_) violation("the governor is below the lowest rung");
}

// Those that wait for a model past their deadline; and whoever is open for too long is starved.
void SimulatedServer::expire() {
  for (Model& model : models_) {
    std::vector<SimRequest> late;
    std::erase_if(model.waiting, [&](const SimRequest& sim) {
      const auto& deadline = open_.at(sim.id).deadline_s;
      if (!deadline || *deadline > now_s_) return false;
      late.push_back(sim);
      return true;
    });
    for (const SimRequest& sim : late) {
      swaps_.request_left(model.name, sim.arrived);
      ++run_.counts.expired;
      close(sim.id);
    }
  }
  for (const auto& [id, open] : open_)
    if (now_s_ - open.arrived_s - (paused_for_s_ - open.paused_before_s) > kOpenMost_s)
      violation(fmt::format("request {} on {} has been open for {:.0f} s", id, models_[open.model].name,
                            now_s_ - open.arrived_s));
}

}  // namespace hearth
