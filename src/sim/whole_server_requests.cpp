// Requests: where they go, what a rung makes of them, how they end.
#include <algorithm>

#include <fmt/format.h>

#include "sim/whole_server_impl.h"

namespace hearth {
namespace {

constexpr double kPatience_s = 300;  // of clients that set a deadline
constexpr std::array kIntents = {Intent::kChat, Intent::kCode, Intent::kLongForm, Intent::kSummarize,
                                 Intent::kClassify};

Instant at_s(double seconds) { return after(Instant{}, seconds); }

}  // namespace

void SimulatedServer::submit() {
  next_request_s_ += interval_s(options_.requests_per_s);
  ++run_.counts.requests;
  RouteRequest request;
  RouteDecision decision;
  describe(request, decision);
  SimRequest sim;
  sim.id = next_id_++;
  sim.key = fmt::format("key {}", sim.id % 5);
  sim.prompt_tokens = decision.features.n_tokens;
  sim.max_new_tokens = between(8, 200);
  sim.answer_tokens = between(4, 160);
  sim.arrived = now();
  if (uniform() < 0.1) sim.leaves_after_s = 20 * uniform();
  if (uniform() < 0.5) sim.deadline_s = kPatience_s;
  if (refusing_) return static_cast<void>(++run_.counts.refused);
  const std::vector<TargetState> states = target_states();
  choose_targets({policy_, targets_, nullptr}, request, machine_state(states), decision);
  const TargetIndex target = decision.target();
  note(static_cast<std::uint64_t>(target) + 17 * sim.id);
  if (target < 0) return static_cast<void>(++run_.counts.unroutable);
  if (targets_[static_cast<std::size_t>(target)].device == TargetDevice::kRemote) {
    check_place(request.security, decision.privacy.personal, target);
    return static_cast<void>(++run_.counts.remote);
  }
  Open open;
  open.arrived_s = now_s_;
  open.paused_before_s = paused_for_s_;
  open.security = request.security;
  open.personal = decision.privacy.personal;
  if (sim.deadline_s) open.deadline_s = now_s_ + *sim.deadline_s;
  place(std::move(sim), open, target);
}

void SimulatedServer::describe(RouteRequest& request, RouteDecision& decision) {
  IntentVerdict& verdict = decision.verdict;
  verdict.intent = kIntents[random_() % kIntents.size()];
  verdict.difficulty = static_cast<float>(uniform());
  verdict.degrade_ok = verdict.difficulty < 0.3F;
  verdict.confidence = static_cast<float>(0.6 + 0.4 * uniform());
  verdict.abstained = verdict.confidence < 0.65F;
  decision.features.n_tokens = between(24, 600);
  decision.privacy.personal = uniform() < 0.1;
  const double secrecy = uniform();
  if (secrecy < 0.15)
    request.security = SecurityLevel::kAirgap;
  else if (secrecy < 0.3)
    request.security = SecurityLevel::kPrivate;
}

// The rung in force decides what becomes of a request that the router has placed.
void SimulatedServer::place(SimRequest sim, Open open, TargetIndex target) {
  std::size_t model = model_of(target);
  if (settings_.model) {
    const auto smaller = options_.smaller.find(models_[model].name);
    if (smaller != options_.smaller.end()) {
      model = model_named(smaller->second);
      ++run_.counts.substituted;
    }
  }
  if (settings_.max_new_tokens && sim.max_new_tokens > *settings_.max_new_tokens) {
    sim.max_new_tokens = *settings_.max_new_tokens;
    ++run_.counts.shortened;
  }
  check_place(open.security, open.personal, models_[model].target);
  open.model = model;
  const RequestId id = sim.id;
  open_.emplace(id, open);
  hand_over(model, std::move(sim));
}

void SimulatedServer::hand_over(std::size_t at, SimRequest sim) {
  Model& model = models_[at];
  if (watchdog_.quarantined(model.name)) return fail_request(sim.id);
  (void)swaps_.request_arrived(model.name, sim.arrived);
  if (model.resident && swaps_.may_start(model.name)) return arrive(at, sim);
  model.waiting.push_back(std::move(sim));
}

void SimulatedServer::arrive(std::size_t at, const SimRequest& sim) {
  Model& model = models_[at];
  model.plant->advance_to(now());
  if (model.plant->arrive(sim)) return;
  swaps_.request_left(model.name, sim.arrived);
  ++run_.counts.refused;
  close(sim.id);
}

void SimulatedServer::started(std::size_t at, RequestId id) {
  Open& open = open_.at(id);
  if (open.model != at) violation(fmt::format("request {} started on {}", id, models_[at].name));
  open.started = true;
  swaps_.request_started(models_[at].name, at_s(open.arrived_s), now());
  const auto most = static_cast<std::size_t>(std::max(1.0, kSlots * settings_.concurrency_share.value_or(1)));
  if (models_[at].plant->planner().active() > std::max<std::size_t>(most, active_before_rung_[at]))
    violation(fmt::format("{} answers at once where the rung allows {}", models_[at].plant->planner().active(), most));
}

void SimulatedServer::ended(std::size_t at, RequestId id, bool completely) {
  const auto found = open_.find(id);
  if (found == open_.end()) return violation(fmt::format("request {} ended twice", id));
  Open& open = found->second;
  if (open.model != at) violation(fmt::format("request {} ended on {}", id, models_[at].name));
  if (open.started)
    swaps_.request_ended(models_[at].name, now());
  else
    swaps_.request_left(models_[at].name, at_s(open.arrived_s));
  open.started = false;
  if (giving_up_) return;  // whoever takes the model down says what becomes of it
  ++(completely ? run_.counts.finished : run_.counts.expired);
  close(id);
}

void SimulatedServer::fail_request(RequestId id) {
  ++run_.counts.failed;
  close(id);
}

void SimulatedServer::close(RequestId id) {
  const auto found = open_.find(id);
  if (found == open_.end()) return violation(fmt::format("request {} was answered twice", id));
  run_.counts.longest_open_s = std::max(run_.counts.longest_open_s, now_s_ - found->second.arrived_s);
  note(id);
  note(static_cast<std::uint64_t>(now_s_ * 1e6));
  open_.erase(found);
}

// What no rung and no fault may change.
void SimulatedServer::check_place(SecurityLevel security, bool personal, TargetIndex target) {
  const RouteTarget& to = targets_[static_cast<std::size_t>(target)];
  const bool remote = to.device == TargetDevice::kRemote;
  if (security == SecurityLevel::kAirgap && to.device != TargetDevice::kCpu)
    violation("an airgapped request went to " + to.name);
  if (remote && (security != SecurityLevel::kOpen || personal || offline_))
    violation("a request that may not leave went to " + to.name);
}

std::size_t SimulatedServer::model_of(TargetIndex target) const {
  return static_cast<std::size_t>(std::ranges::find(models_, target, &Model::target) - models_.begin());
}
std::size_t SimulatedServer::model_named(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::find(models_, name, &Model::name) - models_.begin());
}

std::vector<TargetState> SimulatedServer::target_states() const {
  std::vector<TargetState> states(targets_.size());
  for (const Model& each : models_) {
    TargetState& state = states[static_cast<std::size_t>(each.target)];
    state.loaded = each.resident;
    state.available = !watchdog_.quarantined(each.name);
    state.queue = static_cast<std::uint16_t>(each.plant->open() + each.waiting.size());
  }
  return states;
}

MachineState SimulatedServer::machine_state(const std::vector<TargetState>& states) const {
  MachineState state;
  state.temperature_c = static_cast<float>(device_.temperature_c());
  state.battery = static_cast<float>(battery_ / 100);
  state.on_ac = on_ac_;
  state.clock_share = static_cast<float>(device_.clock_share());
  state.queue = static_cast<std::uint16_t>(waiting());
  state.targets = states;
  state.remote_allowed = !offline_;
  return state;
}

std::size_t SimulatedServer::waiting() const {
  std::size_t n = 0;
  for (const Model& each : models_) n += each.waiting.size() + each.plant->queue().size();
  return n;
}

}  // namespace hearth
