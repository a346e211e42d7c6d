// The processor as /proc/cpuinfo and /sys/devices/system describe it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "domain/hardware_profile.h"
#include "platform/system_tree.h"

namespace hearth {

// One logical processor of /proc/cpuinfo: its fields by name.
using CpuInfoEntry = std::map<std::string, std::string>;

// Entries with a "processor" field; on 32-bit ARM kernels the fields below them hold for all and are added to each.
[[nodiscard]] std::vector<CpuInfoEntry> parse_cpuinfo(std::string_view text);

// "x86_64", "aarch64", or empty where the entries don't tell.
[[nodiscard]] std::string cpu_architecture(const std::vector<CpuInfoEntry>& entries);

// The words of the catalogue ("avx2", "avx512_vnni", "dotprod") that every processor offers.
[[nodiscard]] std::vector<std::string> cpu_isa(const std::vector<CpuInfoEntry>& entries);

// "Cortex-A76" from "0x41" and "0xd0b"; empty for a part that isn't known.
// Source: Arm's MIDR_EL1 part numbers as the technical reference manuals of the cores give them; util-linux lists them.
[[nodiscard]] std::string arm_core_name(std::string_view implementer, std::string_view part);
[[nodiscard]] std::string arm_vendor_name(std::string_view implementer);

// Everything but rates. Fields that can't be read are absent.
[[nodiscard]] ProfileCpu read_cpu(const SystemTree& tree);

// Core kinds, fastest first, with how many cores and packages there are.
void read_cpu_topology(const SystemTree& tree, const std::vector<CpuInfoEntry>& entries, ProfileCpu& cpu);
[[nodiscard]] std::vector<ProfileCache> read_cpu_caches(const SystemTree& tree);
[[nodiscard]] std::vector<ProfileNumaNode> read_numa_nodes(const SystemTree& tree);

// How often the processor slowed itself down because of heat; absent where nothing counts it.
[[nodiscard]] std::optional<std::int64_t> read_throttle_count(const SystemTree& tree);

}  // namespace hearth
