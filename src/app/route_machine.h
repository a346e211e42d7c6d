// The machine's state for a route: read now, or given in a file.
#pragma once

#include <string>
#include <vector>

#include "domain/route.h"
#include "domain/route_target.h"
#include "hearth/result.h"

namespace hearth {

// A MachineState with what it borrows.
struct RouteMachine {
  MachineState state;  // `targets` is set by view()
  std::vector<TargetState> targets;

  [[nodiscard]] MachineState view() const {
    MachineState machine = state;
    machine.targets = targets;
    return machine;
  }
};

// Memory that is free, load, battery and the hottest sensor, as far as the system tells. Cost: reads some small files.
[[nodiscard]] RouteMachine read_route_machine(std::size_t n_targets);

// {"temperature_c", "battery", "on_ac", "memory_free_gib", "vram_free_gib", "cpu_load", "gpu_load", "clock_share",
// "queue", "remote_allowed", "session_target": NAME, "targets": {NAME: {"available", "loaded", "warm_prefix_tokens",
// "queue"}}}; each may be left out. InvalidData: not JSON, an unknown field or target, a figure out of its range.
[[nodiscard]] Result<RouteMachine> parse_route_machine(const std::string& text,
                                                       const std::vector<RouteTarget>& targets);

}  // namespace hearth
