// A simulated hour as `hearth simulate --json` prints it. Schema: simulation.schema.json.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "app/device_simulation.h"

namespace hearth {

[[nodiscard]] nlohmann::ordered_json simulation_to_json(const DeviceSimulation& simulation);

}  // namespace hearth
