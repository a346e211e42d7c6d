// Disks, sensors and power: what of the machine changes while it runs.
#pragma once

#include <filesystem>

#include "domain/hardware_profile.h"
#include "platform/system_tree.h"

namespace hearth {

// Whole disks, without partitions and what is made of memory or other disks.
[[nodiscard]] std::vector<ProfileStorage> read_storage(const SystemTree& tree);

// The entry of `storage` that holds the file system of `folder`; nullptr when it can't be told.
[[nodiscard]] ProfileStorage* storage_of(const SystemTree& tree, const std::filesystem::path& folder,
                                         std::vector<ProfileStorage>& storage);

// Thermal zones, hwmon, energy counters, batteries, throttling, power modes. A sensor that gives no reading, or one
// that can't be, is left out.
void read_sensors(const SystemTree& tree, std::vector<ProfileSensor>& sensors);

// Battery, mains and power mode.
[[nodiscard]] ProfilePower read_power(const SystemTree& tree);

// The name of NVIDIA's power mode ("MAXN", "15W"); empty where there is none.
[[nodiscard]] std::string read_nvpmodel(const SystemTree& tree);

}  // namespace hearth
