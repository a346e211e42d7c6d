// Memory of the machine, and what a container or service manager grants of machine.
#pragma once

#include "domain/hardware_profile.h"
#include "platform/system_tree.h"

namespace hearth {

// Sizes of /proc/meminfo; the type of the SMBIOS table (readable by root) or of the memory controller's driver.
[[nodiscard]] ProfileMemory read_memory(const SystemTree& tree);

// "DDR5-5600, 2 modules" from a table of SMBIOS structures; empty when it names no populated module.
// Source: DMTF DSP0134 (SMBIOS 3.7), 7.18 "Memory Device".
[[nodiscard]] std::string smbios_memory_type(std::string_view table);

// The tightest limit on the way from this process's group up to the root, of version 2 or of version 1.
// Source: Linux kernel documentation, admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst.
[[nodiscard]] ProfileLimits read_limits(const SystemTree& tree);

}  // namespace hearth
