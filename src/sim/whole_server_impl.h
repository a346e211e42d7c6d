// The parts of a simulated server: whole_server.cpp (time and faults), whole_server_requests.cpp,
// whole_server_models.cpp, whole_server_governing.cpp.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "router/target_choice.h"
#include "schedule/model_swap_policy.h"
#include "sim/device_plant.h"
#include "sim/text_plant.h"
#include "sim/whole_server.h"

namespace hearth {

// Externally synchronised; the policy, targets and options outlive it.
class SimulatedServer {
 public:
  SimulatedServer(const RoutingPolicy& policy, const std::vector<RouteTarget>& targets,
                  const WholeServerOptions& options);
  [[nodiscard]] WholeServerRun run();

 private:
  static constexpr std::uint32_t kSlots = 4;  // of a model
  struct Model {
    TargetIndex target = kNoTarget;
    std::string name;
    std::unique_ptr<TextPlant> plant;
    BytesByPool need;
    Reservation held;
    bool resident = false;
    std::optional<double> loading_until_s;
    bool stalled = false;
    std::uint64_t stepped = 0, stepped_told = 0;
    std::vector<SimRequest> waiting;  // for it to be loaded
  };
  struct Open {
    double arrived_s = 0;
    std::size_t model = 0;  // that answers
    SecurityLevel security = SecurityLevel::kOpen;
    bool personal = false;
    bool started = false, returned = false;
    std::optional<double> deadline_s;
    double paused_before_s = 0;  // of the whole server, by then
  };

  double uniform() { return static_cast<double>(random_() >> 11U) * 0x1.0p-53; }
  double interval_s(double per_s);  // random, of a Poisson process
  std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + static_cast<std::uint32_t>(random_() % (high - low + 1));
  }
  [[nodiscard]] Instant now() const { return after(Instant{}, now_s_); }
  void note(std::uint64_t value);
  void violation(std::string text);
  void add_model(TargetIndex index);

  // Time, one event after the other (whole_server.cpp).
  void round(double until_s, bool load);
  bool step_some_model();
  void fault();
  void end_conditions();
  void calm_down();

  // Requests (whole_server_requests.cpp).
  void submit();
  void describe(RouteRequest& request, RouteDecision& decision);
  void place(SimRequest sim, Open open, TargetIndex target);
  void hand_over(std::size_t at, SimRequest sim);
  void arrive(std::size_t at, const SimRequest& sim);
  void started(std::size_t at, RequestId id);
  void ended(std::size_t at, RequestId id, bool completely);
  void fail_request(RequestId id);
  void close(RequestId id);
  void check_place(SecurityLevel security, bool personal, TargetIndex target);
  [[nodiscard]] std::size_t model_of(TargetIndex target) const;
  [[nodiscard]] std::size_t model_named(const std::string& name) const;
  [[nodiscard]] std::vector<TargetState> target_states() const;
  [[nodiscard]] MachineState machine_state(const std::vector<TargetState>& states) const;
  [[nodiscard]] std::size_t waiting() const;

  // Models that come and go (whole_server_models.cpp).
  void swap_models();
  void begin_load(Model& model);
  void finish_loads();
  void take_waiting(Model& model);
  void unload(Model& model);
  std::vector<SimRequest> withdraw(Model& model);
  void leave_memory(Model& model);
  void refuse_waiting(Model& model);
  void crash(Model& model, const char* what, CrashCause cause);
  void check_budget();

  // Governor and watchdog (whole_server_governing.cpp).
  void look();
  TelemetrySample feel();
  void tell(const WatchdogEvent& event);
  void carry_out(const WatchdogAction& action);
  void follow(const GovernorStep& step);
  void follow_rung();
  void expire();

  const RoutingPolicy& policy_;
  const std::vector<RouteTarget>& targets_;
  const WholeServerOptions& options_;
  PlantRecord machine_;  // its surroundings change
  DevicePlant device_;
  std::mt19937_64 random_;
  const bool offline_;
  ReservationBook book_;
  ModelSwapPolicy swaps_;
  const std::size_t lowest_;
  Governor governor_;
  Watchdog watchdog_;
  std::vector<Model> models_;
  std::map<RequestId, Open> open_;
  RungSettings settings_;
  std::vector<std::size_t> active_before_rung_ = std::vector<std::size_t>(kRouteTargetsMax);
  WholeServerRun run_;
  std::uint64_t digest_ = 14695981039346656037U;
  RequestId next_id_ = 1;
  std::size_t turn_ = 0;
  double now_s_ = 0, next_request_s_ = 0, next_fault_s_ = 0, next_sample_s_ = 0, looked_s_ = 0;
  double heat_until_s_ = 0, squeezed_until_s_ = 0, unplugged_until_s_ = 0;
  double paused_for_s_ = 0;  // the firmware does not hold the temperature: nobody is served
  double busy_s_ = 0, activity_ = 0, outside_load_ = 0, squeezed_ = 0, battery_ = 100;
  std::uint64_t out_of_memory_events_ = 0;
  bool on_ac_ = true, refusing_ = false, paused_ = false, giving_up_ = false;
};

}  // namespace hearth
