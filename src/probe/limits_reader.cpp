#include <algorithm>
#include <filesystem>

#include "probe/memory_reader.h"

namespace hearth {
namespace {

// Version 1 writes the largest page-aligned number for "no limit".
constexpr std::int64_t kNoLimitBytes = std::int64_t{1} << 60;

template <class T>
void tighten(Known<T>& limit, T found) {
  if (!limit || found < limit->value) limit = Fact<T>{found};
}

void tighten_bytes(Known<std::uint64_t>& limit, std::optional<std::int64_t> found) {
  if (found && *found >= 0 && *found < kNoLimitBytes) tighten(limit, static_cast<std::uint64_t>(*found));
}

// The group's folder and all above it up to the mount; inside a container the group's own folder is the mount itself,
// though /proc names it as the host does.
std::vector<std::string> groups_up(const std::string& mount, std::string group) {
  std::vector<std::string> folders;
  constexpr std::size_t kDepthMax = 64;
  while (group.size() > 1 && folders.size() < kDepthMax) {
    folders.push_back(mount + group + "/");
    group.resize(std::min(group.rfind('/'), group.size() - 1));
  }
  folders.push_back(mount + "/");
  return folders;
}

// The process's group below one controller; version 2 has the empty name. Absent when it has none.
std::optional<std::string> group_of(const std::string& proc_self_cgroup, std::string_view controller) {
  for (const auto& line : split_text(proc_self_cgroup, '\n')) {
    const auto first = line.find(':');
    const auto second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const auto names = std::string_view(line).substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path.find("..") != std::string::npos) path = "/";  // a group outside this namespace's view
    if (names.empty() && controller.empty()) return path;
    for (const auto& name : split_text(names, ','))
      if (!name.empty() && name == controller) return path;
  }
  return std::nullopt;
}

void read_cpus(const SystemTree& tree, const std::string& file, ProfileLimits& limits) {
  const auto online = parse_cpu_list(tree.text("sys/devices/system/cpu/online").value_or(std::string())).size();
  const auto cpus = parse_cpu_list(tree.text(file).value_or(std::string())).size();
  if (cpus > 0 && cpus < online) tighten(limits.cpu_cores, static_cast<double>(cpus));
}

void read_quota(std::optional<std::int64_t> quota, std::optional<std::int64_t> period, ProfileLimits& limits) {
  if (quota && period && *quota > 0 && *period > 0)
    tighten(limits.cpu_cores, static_cast<double>(*quota) / static_cast<double>(*period));
}

bool read_version_2(const SystemTree& tree, const std::string& groups, ProfileLimits& limits) {
  const auto group = group_of(groups, "");
  if (!group) return false;
  const std::string top = "sys/fs/cgroup";
  const std::string mount = tree.has(top + "/unified/cgroup.controllers") ? top + "/unified" : top;
  if (!tree.has(mount + "/cgroup.controllers")) return false;
  for (const auto& folder : groups_up(mount, *group)) {
    const auto cpu = split_text(tree.text(folder + "cpu.max").value_or(std::string()), ' ');
    if (cpu.size() == 2) read_quota(leading_integer(cpu[0]), leading_integer(cpu[1]), limits);
    tighten_bytes(limits.memory_bytes, tree.integer(folder + "memory.max"));
    tighten_bytes(limits.memory_bytes, tree.integer(folder + "memory.high"));
    tighten_bytes(limits.swap_bytes, tree.integer(folder + "memory.swap.max"));
    read_cpus(tree, folder + "cpuset.cpus.effective", limits);
  }
  return true;
}

bool read_version_1(const SystemTree& tree, const std::string& groups, ProfileLimits& limits) {
  const std::string top = "sys/fs/cgroup/";
  bool found = false;
  if (const auto group = group_of(groups, "memory"); group && tree.has(top + "memory")) {
    found = true;
    for (const auto& folder : groups_up(top + "memory", *group)) {
      const auto memory = tree.integer(folder + "memory.limit_in_bytes");
      tighten_bytes(limits.memory_bytes, memory);
      const auto with_swap = tree.integer(folder + "memory.memsw.limit_in_bytes");
      if (memory && with_swap && *with_swap >= *memory && *with_swap < kNoLimitBytes)
        tighten_bytes(limits.swap_bytes, *with_swap - *memory);
    }
  }
  if (const auto group = group_of(groups, "cpu"); group) {
    const std::string mount = top + (tree.has(top + "cpu") ? "cpu" : "cpu,cpuacct");
    found |= tree.has(mount);
    for (const auto& folder : groups_up(mount, *group))
      read_quota(tree.integer(folder + "cpu.cfs_quota_us"), tree.integer(folder + "cpu.cfs_period_us"), limits);
  }
  if (const auto group = group_of(groups, "cpuset"); group)
    for (const auto& folder : groups_up(top + "cpuset", *group)) read_cpus(tree, folder + "cpuset.cpus", limits);
  return found;
}

}  // namespace

ProfileLimits read_limits(const SystemTree& tree) {
  ProfileLimits limits;
  const auto groups = tree.text("proc/self/cgroup").value_or(std::string());
  const bool version_2 = read_version_2(tree, groups, limits);
  // In the mixed set-up of both, the controllers that matter are with version 1.
  const bool version_1 = read_version_1(tree, groups, limits);
  if (version_1)
    limits.source = "cgroup v1";
  else if (version_2)
    limits.source = "cgroup v2";
  // A limit at or above what the machine has limits nothing.
  const auto total = leading_integer(value_of(tree.text("proc/meminfo").value_or(std::string()), "MemTotal"));
  if (limits.memory_bytes && total && *total > 0 && *total < (std::int64_t{1} << 50) &&
      limits.memory_bytes->value >= static_cast<std::uint64_t>(*total) * 1024)
    limits.memory_bytes.reset();
  return limits;
}

}  // namespace hearth
