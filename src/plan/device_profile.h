// A device record as the machine it describes, for planning what nobody here owns.
#pragma once

#include "domain/catalog_device.h"
#include "domain/hardware_profile.h"

namespace hearth {

[[nodiscard]] HardwareProfile profile_of(const CatalogDevice& device);

}  // namespace hearth
