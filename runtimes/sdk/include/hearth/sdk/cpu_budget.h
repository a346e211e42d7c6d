// How many threads this process may keep busy: its cores, and no more than its control group's quota.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>

namespace hearth::sdk {

// Cores' worth of the quota in `folder` of a control group file system, version 2 (cpu.max) or 1 (cpu.cfs_*);
// 0 where it names none. Source: the kernel's admin guide, cgroup-v2 "cpu.max", and sched-bwc for version 1.
inline double cgroup_cores(const std::string& folder) {
  double quota = 0;
  double period = 0;
  if (std::ifstream file(folder + "/cpu.max"); file >> quota >> period && period > 0) return quota / period;
  std::ifstream quota_file(folder + "/cpu.cfs_quota_us");
  std::ifstream period_file(folder + "/cpu.cfs_period_us");
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) return quota / period;
  return 0;
}

// At least 1. Every level above the process's own group bounds it too.
inline std::uint32_t cpu_budget(const std::string& groups = "/proc/self/cgroup",
                                const std::string& mount = "/sys/fs/cgroup") {
  auto budget = static_cast<double>(std::max(std::thread::hardware_concurrency(), 1U));  // honours the affinity mask
  const auto bound = [&](const std::string& folder) {
    if (const double cores = cgroup_cores(folder); cores > 0) budget = std::min(budget, std::ceil(cores));
  };
  std::ifstream list(groups);
  for (std::string line; std::getline(list, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    const bool is_v1_cpu = controllers == "cpu" || controllers == "cpu,cpuacct" || controllers == "cpuacct,cpu";
    if (!controllers.empty() && !is_v1_cpu) continue;
    const auto base = is_v1_cpu ? mount + "/cpu" : mount;
    for (auto path = line.substr(second + 1); !path.empty() && path != "/"; path.resize(path.find_last_of('/')))
      bound(base + path);
    bound(base);
  }
  return static_cast<std::uint32_t>(std::max(budget, 1.0));
}

// What code compiled for this processor depends on: its model and instruction sets; "" where unknown.
inline std::string cpu_description(const std::string& path = "/proc/cpuinfo") {
  std::string model;
  std::string flags;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name") && model.empty()) model = line.substr(line.find(':') + 1);
    if ((line.starts_with("flags") || line.starts_with("Features")) && flags.empty())
      flags = line.substr(line.find(':') + 1);
    if (line.empty() && !flags.empty()) break;
  }
  return model + flags;
}

}  // namespace hearth::sdk
