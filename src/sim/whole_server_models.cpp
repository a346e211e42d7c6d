// Models that come, go and crash.
#include <fmt/format.h>

#include "sim/whole_server_impl.h"

namespace hearth {
namespace {

constexpr double kStall_s = 10;  // without a step, while there is work

}  // namespace

void SimulatedServer::swap_models() {
  for (const SwapAction& action : swaps_.decide(now()).actions) {
    Model& model = models_[model_named(action.model)];
    note(static_cast<std::uint64_t>(action.kind) * 131 + static_cast<std::uint64_t>(model.target));
    switch (action.kind) {
      case SwapActionKind::kLoad: begin_load(model); break;
      case SwapActionKind::kDrain: model.plant->set_admitting(false); break;
      case SwapActionKind::kResume:
        model.plant->set_admitting(true);
        take_waiting(model);
        break;
      case SwapActionKind::kUnload: unload(model); break;
      case SwapActionKind::kRefuse: refuse_waiting(model); break;
    }
  }
}

void SimulatedServer::begin_load(Model& model) {
  if (watchdog_.quarantined(model.name)) violation(model.name + " is loaded though it is in quarantine");
  auto reserved = book_.reserve({model.name, model.need, {}});
  if (!reserved) {
    swaps_.load_failed(model.name, now());
    return refuse_waiting(model);
  }
  model.held = std::move(*reserved);
  model.loading_until_s = now_s_ + static_cast<double>(targets_[static_cast<std::size_t>(model.target)].load_s);
  ++run_.counts.loads;
}

void SimulatedServer::finish_loads() {
  for (Model& model : models_) {
    if (!model.loading_until_s || *model.loading_until_s > now_s_) continue;
    model.loading_until_s.reset();
    model.held.commit();
    model.resident = true;
    model.stalled = false;
    model.plant->advance_to(now());
    model.plant->set_admitting(true);
    swaps_.loaded(model.name, model.need, static_cast<double>(targets_[static_cast<std::size_t>(model.target)].load_s),
                  now());
    tell(ModelBegan{model.name, kStall_s});
    take_waiting(model);
  }
}

void SimulatedServer::take_waiting(Model& model) {
  const std::size_t at = model_named(model.name);
  for (const SimRequest& sim : std::exchange(model.waiting, {})) arrive(at, sim);
}

void SimulatedServer::unload(Model& model) {
  for (SimRequest& sim : withdraw(model)) hand_over(model_named(model.name), std::move(sim));
  tell(ModelLeft{model.name});
  leave_memory(model);
}

// Its requests, of which those that said something fail; the others are returned. None is in the policy's books then.
std::vector<SimRequest> SimulatedServer::withdraw(Model& model) {
  model.plant->advance_to(now());
  giving_up_ = true;
  std::vector<RequestId> before;
  for (const auto& [id, open] : open_)
    if (open.model == model_named(model.name)) before.push_back(id);
  for (const SimRequest& each : model.waiting) std::erase(before, each.id);
  model.resident = false;
  std::vector<SimRequest> unsaid = model.plant->give_up();
  giving_up_ = false;
  for (const SimRequest& each : unsaid) std::erase(before, each.id);
  for (const RequestId id : before) fail_request(id);
  return unsaid;
}

void SimulatedServer::leave_memory(Model& model) {
  model.held.release();
  model.resident = false;
  model.stalled = false;
  model.loading_until_s.reset();
  swaps_.unloaded(model.name);
}

void SimulatedServer::refuse_waiting(Model& model) {
  for (const SimRequest& sim : std::exchange(model.waiting, {})) {
    swaps_.request_left(model.name, sim.arrived);
    fail_request(sim.id);
  }
}

void SimulatedServer::crash(Model& model, const char* what, CrashCause cause) {
  if (!model.resident && !model.loading_until_s) return;
  std::vector<SimRequest> unsaid = withdraw(model);
  leave_memory(model);
  if (cause == CrashCause::kOutOfMemory) tell(AllocationFailed{governor_.can_relieve(Strain::kMemory)});
  tell(ModelCrashed{model.name, what, cause});
  if (const auto at = watchdog_.restart_at(model.name)) swaps_.hold(model.name, *at);
  for (SimRequest& sim : unsaid) {
    Open& open = open_.at(sim.id);
    if (std::exchange(open.returned, true))
      fail_request(sim.id);
    else
      hand_over(model_named(model.name), std::move(sim));
  }
  if (watchdog_.quarantined(model.name)) refuse_waiting(model);
}

// The book's own rule, from outside.
void SimulatedServer::check_budget() {
  std::uint64_t held = 0;
  for (const Model& each : models_)
    if (each.resident || each.loading_until_s) held += each.need.at("ram");
  const auto pool = book_.pools().front();
  if (held > pool.capacity_bytes) violation(fmt::format("models hold {} bytes of {}", held, pool.capacity_bytes));
  if (held != pool.held_bytes()) violation(fmt::format("{} bytes are held, the book says {}", held, pool.held_bytes()));
}

}  // namespace hearth
