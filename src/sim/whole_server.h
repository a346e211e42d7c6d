// A whole server in virtual time: router, model swaps, schedulers, governor and watchdog together on one machine that
// warms up, with faults by seed, and what must hold whatever happens.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "domain/ladder.h"
#include "domain/plant.h"
#include "domain/route_target.h"
#include "governor/governor.h"
#include "governor/watchdog.h"
#include "router/policy.h"

namespace hearth {

struct WholeServerOptions {
  std::uint64_t seed = 1;
  double hours = 1;
  double requests_per_s = 0.045;  // more than this the slowest machine does not keep up with
  double faults_per_h = 60;       // of all kinds together
  double budget_gib = 10;         // of all models; not all of the targets fit at once
  PlantRecord machine;
  Ladder ladder;                               // of text models
  std::map<std::string, std::string> smaller;  // who answers for whom on the rung "smaller model"
};

struct WholeServerCounts {
  std::uint64_t requests = 0, finished = 0, failed = 0, refused = 0, expired = 0, unroutable = 0, remote = 0;
  std::uint64_t substituted = 0, shortened = 0;  // on rungs
  std::uint64_t loads = 0, steps_down = 0, steps_up = 0;
  std::uint64_t kills = 0, stalls = 0, allocation_faults = 0, heat_waves = 0, memory_squeezes = 0, unpluggings = 0;
  std::uint64_t quarantines = 0, caches_given_back = 0, pauses = 0;
  std::uint64_t tokens = 0;
  double longest_open_s = 0;  // a request, from arriving to its end
};

struct WholeServerRun {
  WholeServerCounts counts;
  std::vector<std::string> violations;  // of what must always hold; none may ever appear
  std::uint64_t digest = 0;             // of every event in order: the same seed gives the same
};

// What must hold, checked as it happens: models never hold more than the budget; every request ends, within half an
// hour of simulated time, in an answer or one error; an airgapped or private request goes only where it may, on every
// rung; a modality is never below its lowest rung, and limits of rungs apply only on those; an answer ends on the model
// where it began; no token is sent twice; a model in quarantine is not loaded. Deterministic.
[[nodiscard]] WholeServerRun run_whole_server(const RoutingPolicy& policy, const std::vector<RouteTarget>& targets,
                                              const WholeServerOptions& options);

}  // namespace hearth
