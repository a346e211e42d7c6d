// A machine as its kernel and drivers describe it.
#pragma once

#include <filesystem>

#include "domain/hardware_profile.h"
#include "hearth/result.h"
#include "platform/system_tree.h"

namespace hearth {

// Everything that can be read, nothing measured, nothing of the catalogue. `home` is the folder whose file system's
// free space counts (this machine only). The OS reserve is assumed_os_reserve_bytes(). InvalidData when the tree
// describes no machine: neither processors nor memory.
Result<HardwareProfile> read_machine(const SystemTree& tree, const std::filesystem::path& home);

// A sixteenth of memory, from 256 MiB to 4 GiB. Source: between what the catalogue's records of Linux machines keep:
// 6 % of a Raspberry Pi 5, 5 % of 32 GB mini-PCs, 4 GiB of a server.
[[nodiscard]] std::uint64_t assumed_os_reserve_bytes(std::uint64_t memory_bytes);

}  // namespace hearth
