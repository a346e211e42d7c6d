#include "probe/machine_reader.h"

#include <algorithm>

#include "base/units.h"
#include "platform/disk.h"
#include "probe/accelerator_reader.h"
#include "probe/cpu_reader.h"
#include "probe/device_state_reader.h"
#include "probe/identity_reader.h"
#include "probe/memory_reader.h"

namespace hearth {

std::uint64_t assumed_os_reserve_bytes(std::uint64_t memory_bytes) {
  return std::clamp(memory_bytes / 16, 256 * kMiB, 4 * kGiB);
}

Result<HardwareProfile> read_machine(const SystemTree& tree, const std::filesystem::path& home) {
  HardwareProfile profile;
  profile.source = "probe";
  profile.cpu = read_cpu(tree);
  profile.memory = read_memory(tree);
  if (!profile.cpu.threads && !profile.memory.total_bytes)
    return fail(ErrorCode::kInvalidData,
                "can't probe '" + tree.root().string() + "': neither proc/cpuinfo and sys/devices/system/cpu nor " +
                    "proc/meminfo tell anything there",
                "give the folder that holds a machine's proc and sys, or plan for a named device with --device");
  read_identity(tree, profile);
  read_accelerators(tree, profile);
  profile.storage = read_storage(tree);
  if (tree.live())
    if (const auto space = disk_space(home); space)
      if (auto* disk = storage_of(tree, home, profile.storage))
        disk->free_bytes = Fact<std::uint64_t>{space->free_bytes};
  profile.limits = read_limits(tree);
  read_sensors(tree, profile.sensors);
  profile.power = read_power(tree);
  if (profile.sensors.empty()) profile.skipped.push_back({"sensors", "no sensor is readable here"});
  profile.unified_memory = std::none_of(profile.accelerators.begin(), profile.accelerators.end(),
                                        [](const auto& each) { return each.kind == "gpu" && !each.unified; });
  profile.os_reserve_bytes = {
      assumed_os_reserve_bytes(profile.memory.total_bytes ? profile.memory.total_bytes->value : 0),
      Provenance::kAssumed};
  return profile;
}

}  // namespace hearth
