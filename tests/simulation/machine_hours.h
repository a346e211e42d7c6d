// Hours of the shipped machines and of others like them, simulated for tests.
#pragma once

#include "domain/plant.h"
#include "sim/plant_hour.h"

namespace hearth::test {

// With the ladders that are shipped for the machine's class; throws where the simulation fails. `options` without
// ladders and tree: they are filled in.
[[nodiscard]] PlantHour simulate_hour(const PlantRecord& plant, PlantHourOptions options);

}  // namespace hearth::test
