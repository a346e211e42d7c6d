// A device record as the machine it describes, for planning what nobody here owns.
#pragma once

#include "domain/catalog_device.h"
#include "domain/hardware_profile.h"

namespace hearth {

[[nodiscard]] HardwareProfile profile_of(const CatalogDevice& device);

// Adds what the record of the same device knows and the profile does not: bus bandwidth, compute rates, power, cooling.
// What was read or measured stays.
void complete_from(HardwareProfile& profile, const CatalogDevice& device);

}  // namespace hearth
