// Time and faults.
#include "sim/whole_server.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "sim/whole_server_impl.h"

namespace hearth {
namespace {

constexpr double kGib = 1073741824.0;
constexpr double kDrain_h = 2;
constexpr std::size_t kViolationsKept = 20;

GovernorLimits governor_limits() {
  GovernorLimits limits;
  limits.memory_first_s = 2;
  return limits;
}

WatchdogLimits watchdog_limits() {
  WatchdogLimits limits;
  limits.memory_low = 0.06;
  limits.stall_high_percent = 10;
  return limits;
}

}  // namespace

SimulatedServer::SimulatedServer(const RoutingPolicy& policy, const std::vector<RouteTarget>& targets,
                                 const WholeServerOptions& options)
    : policy_(policy),
      targets_(targets),
      options_(options),
      machine_(options.machine),
      device_(machine_),
      random_(options.seed),
      offline_(options.seed % 2 == 0),
      book_({{"ram", static_cast<std::uint64_t>(options.budget_gib * kGib)}}),
      swaps_({}, book_),
      lowest_(2 + options.seed % (options.ladder.last() - 1)),
      governor_(governor_limits(), {{options.ladder, lowest_}}),
      watchdog_(watchdog_limits()) {
  for (std::size_t i = 0; i < targets_.size(); ++i) add_model(static_cast<TargetIndex>(i));
}

double SimulatedServer::interval_s(double per_s) { return -std::log(1 - uniform()) / per_s; }

WholeServerRun SimulatedServer::run() {
  const double end_s = options_.hours * 3600;
  next_request_s_ = interval_s(options_.requests_per_s);
  next_fault_s_ = interval_s(options_.faults_per_h / 3600);
  while (now_s_ < end_s && run_.violations.empty()) round(end_s, true);
  const double drained_s = end_s + kDrain_h * 3600;
  calm_down();
  while (now_s_ < drained_s && !open_.empty() && run_.violations.empty()) round(drained_s, false);
  if (!open_.empty() && run_.violations.empty())
    violation(fmt::format("{} requests never came to an end", open_.size()));
  for (const Model& each : models_)
    for (const std::string& what : each.plant->violations()) violation(each.name + ": " + what);
  note(run_.counts.tokens);
  run_.digest = digest_;
  return std::move(run_);
}

// Source: Fowler, Noll, Vo: FNV-1a, 64 bits.
void SimulatedServer::note(std::uint64_t value) {
  for (int byte = 0; byte < 8; ++byte, value >>= 8U) digest_ = (digest_ ^ (value & 0xFFU)) * 1099511628211U;
}
void SimulatedServer::violation(std::string text) {
  if (run_.violations.size() < kViolationsKept)
    run_.violations.push_back(fmt::format("seed {}, {:.3f} s: {}", options_.seed, now_s_, std::move(text)));
}

void SimulatedServer::add_model(TargetIndex index) {
  const RouteTarget& target = targets_[static_cast<std::size_t>(index)];
  if (target.device == TargetDevice::kRemote || !target.can(Skill::kText)) return;
  PlantOptions plant;
  plant.seed = options_.seed * 31 + static_cast<std::uint64_t>(index);
  plant.planner.sequences = kSlots;
  plant.planner.cells = 4096;
  plant.planner.cells_max = 8192;
  plant.growth_fails = 0.2;
  // A tenth of the speed that the target has: fewer steps in an hour, and the machine has work to do.
  plant.step_s = 10.0 / static_cast<double>(target.decode_tok_s);
  plant.token_s = 1.0 / static_cast<double>(target.prefill_tok_s);
  Model model;
  model.target = index;
  model.name = target.name;
  model.plant = std::make_unique<TextPlant>(plant);
  model.need = {{"ram", target.memory_bytes}};
  const std::size_t at = models_.size();
  model.plant->on_start = [this, at](RequestId id) { started(at, id); };
  model.plant->on_end = [this, at](RequestId id, bool completely) { ended(at, id, completely); };
  swaps_.set_model(model.name, {.steady = model.need});
  models_.push_back(std::move(model));
}

void SimulatedServer::round(double until_s, bool load) {
  if (load) {
    while (next_request_s_ <= now_s_) submit();
    while (next_fault_s_ <= now_s_) fault();
  }
  end_conditions();
  finish_loads();
  swap_models();
  if (next_sample_s_ <= now_s_) look();
  check_budget();
  if (!paused_ && step_some_model()) return;
  double next_s = std::min(until_s, next_sample_s_);
  if (load) next_s = std::min({next_s, next_request_s_, next_fault_s_});
  for (const Model& each : models_)
    if (each.loading_until_s) next_s = std::min(next_s, *each.loading_until_s);
  const double rest_s = std::max(1e-3, next_s - now_s_);
  device_.advance(rest_s, outside_load_);
  if (paused_) paused_for_s_ += rest_s;
  now_s_ += rest_s;
}

// One model at a time has the processor; they take turns.
bool SimulatedServer::step_some_model() {
  for (std::size_t tried = 0; tried < models_.size(); ++tried) {
    Model& model = models_[turn_++ % models_.size()];
    if (!model.resident || model.stalled) continue;
    model.plant->advance_to(now());
    model.plant->set_pace(1 / device_.clock_share());
    const std::uint64_t sent = model.plant->counts().tokens_sent;
    if (!model.plant->step()) continue;
    ++model.stepped;
    run_.counts.tokens += model.plant->counts().tokens_sent - sent;
    const double took_s = seconds_between(now(), model.plant->now());
    device_.advance(took_s, std::min(1.0, 0.8 + outside_load_));
    now_s_ += took_s;
    busy_s_ += took_s;
    return true;
  }
  return false;
}

void SimulatedServer::fault() {
  next_fault_s_ += interval_s(options_.faults_per_h / 3600);
  const std::uint64_t kind = random_() % 8;
  Model& victim = models_[random_() % models_.size()];
  const double lasts_s = 20 + 200 * uniform();
  note(900 + kind);
  switch (kind) {
    case 0:
    case 1:
      ++run_.counts.kills;
      crash(victim, "SIGKILL", CrashCause::kKilled);
      break;
    case 2:
      ++run_.counts.kills;
      crash(victim, "SIGSEGV", CrashCause::kOwnFault);
      break;
    case 3:
      if (!victim.resident) break;
      ++run_.counts.stalls;
      victim.stalled = true;
      break;
    case 4:
      ++run_.counts.allocation_faults;
      ++out_of_memory_events_;
      crash(victim, "SIGKILL", CrashCause::kOutOfMemory);
      break;
    case 5:
      ++run_.counts.heat_waves;
      machine_.heat.ambient_c = options_.machine.heat.ambient_c + 25 * uniform();
      outside_load_ = 0.5 * uniform();
      heat_until_s_ = now_s_ + 3 * lasts_s;
      break;
    case 6:
      ++run_.counts.memory_squeezes;
      squeezed_ = 0.3 + 0.1 * uniform();
      squeezed_until_s_ = now_s_ + lasts_s;
      break;
    default:
      ++run_.counts.unpluggings;
      on_ac_ = false;
      unplugged_until_s_ = now_s_ + 5 * lasts_s;
  }
}

void SimulatedServer::end_conditions() {
  if (heat_until_s_ <= now_s_) {
    machine_.heat.ambient_c = options_.machine.heat.ambient_c;
    outside_load_ = 0;
  }
  if (squeezed_until_s_ <= now_s_) squeezed_ = 0;
  if (unplugged_until_s_ <= now_s_) {
    on_ac_ = true;
    battery_ = 100;
  }
}

void SimulatedServer::calm_down() { heat_until_s_ = squeezed_until_s_ = unplugged_until_s_ = now_s_; }

WholeServerRun run_whole_server(const RoutingPolicy& policy, const std::vector<RouteTarget>& targets,
                                const WholeServerOptions& options) {
  return SimulatedServer(policy, targets, options).run();
}

}  // namespace hearth
