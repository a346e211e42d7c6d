// A machine on which routed requests run in virtual time: its targets are faster or slower than planned and better or
// worse at each intent than their size says, its GPU gets hot, its battery runs down. Deterministic by seed.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <vector>

#include "domain/route.h"
#include "domain/route_target.h"
#include "domain/routing_policy.h"
#include "router/route_bandit.h"

namespace hearth {

struct RouteWorldOptions {
  double arrivals_per_s = 0.12;
  double speed_error = 0.35;    // standard deviation of log(real / planned speed), by target
  double quality_error = 0.15;  // standard deviation of quality, by target and intent
  double session_share = 0.4;   // requests that go on with an earlier conversation
  double slo_share = 0.6;
  double airgap_share = 0.05, private_share = 0.1;
  double ambient_c = 28, heat_c_per_kj = 9, cooling_per_s = 0.012;  // Newton's cooling; our own choice of a small case
  double throttle_c = 84;                                           // a GPU hotter than this runs at half its speed
  double battery_wh = 60;
};

// What one request would bring on one target, were it to go there now.
struct RouteProspect {
  bool possible = false;
  float total_ms = 0;
  float satisfied = 0;   // probability
  RouteOutcome outcome;  // of one that satisfies
  float reward = 0;      // expected
};

// One request with what only the world knows of it.
struct WorldRequest {
  RouteRequest request;
  RouteDecision given;  // features, verdict and privacy, as stages 1 and 2 would hand them over
  std::uint32_t answer_tokens = 0;
};

class RouteWorld {
 public:
  RouteWorld(std::vector<RouteTarget> targets, const RoutingWeights& weights, const RouteWorldOptions& options,
             std::uint64_t seed);

  // The next request; time goes on to its arrival. The same seed gives the same requests whatever was done with them.
  WorldRequest next();
  // The machine as sensors and the server would tell it, for this request. Borrowed until the next call.
  [[nodiscard]] MachineState machine(const WorldRequest& request);
  [[nodiscard]] RouteProspect prospect(const WorldRequest& request, TargetIndex target) const;
  // Sends it there; what came of it.
  RouteOutcome run(const WorldRequest& request, TargetIndex target);

  [[nodiscard]] const std::vector<RouteTarget>& targets() const { return targets_; }

 private:
  struct Lane {  // of a device: one request at a time
    double free_at_s = 0;
    std::vector<double> ends_s;                      // of requests that wait or run
    TargetIndex loaded[2] = {kNoTarget, kNoTarget};  // what fits at once, last used first
  };
  [[nodiscard]] const Lane& lane(TargetIndex target) const;
  [[nodiscard]] double uniform();
  [[nodiscard]] double normal();
  [[nodiscard]] bool is_loaded(TargetIndex target) const;
  [[nodiscard]] double work_s(const WorldRequest& request, TargetIndex target) const;
  void cool_to(double now_s);

  std::vector<RouteTarget> targets_;
  RoutingWeights weights_;
  RouteWorldOptions options_;
  std::mt19937_64 random_;          // of requests
  std::mt19937_64 outcome_random_;  // of outcomes
  std::vector<double> speed_;       // real over planned, by target
  std::vector<std::array<double, kIntentCount>> quality_;
  std::array<Lane, 3> lanes_;  // CPU, GPU, NPU
  std::vector<TargetState> states_;
  std::vector<std::pair<std::uint64_t, TargetIndex>> sessions_;  // the last ones, and where they are
  double now_s_ = 0, cooled_s_ = 0, temperature_c_ = 45, battery_ = 1;
  std::uint64_t next_session_ = 1;
};

}  // namespace hearth
