#include <algorithm>
#include <set>
#include <tuple>

#include "probe/cpu_reader.h"

namespace hearth {
namespace {

constexpr const char* kCpus = "sys/devices/system/cpu/";
constexpr std::size_t kCpusMax = 8192;

struct Core {
  std::set<int> threads;
  std::string kind;
  std::int64_t capacity = 0;  // of the scheduler, 1024 = the fastest core; 0 where it doesn't say
  double max_ghz = 0;
};

// Online processors by number; without /sys those of /proc/cpuinfo.
std::vector<int> online_cpus(const SystemTree& tree, const std::vector<CpuInfoEntry>& entries) {
  std::vector<int> cpus = parse_cpu_list(tree.text(std::string(kCpus) + "online").value_or(std::string()));
  if (cpus.empty())
    for (const auto& [number, name] : tree.numbered(kCpus, "cpu")) cpus.push_back(number);
  if (cpus.empty())
    for (std::size_t i = 0; i < entries.size(); ++i) cpus.push_back(static_cast<int>(i));
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  if (cpus.size() > kCpusMax) cpus.resize(kCpusMax);
  return cpus;
}

// What the kernel calls a core's kind on hybrid processors of Intel. Source: Linux kernel documentation,
// admin-guide/perf and sysfs-devices-system-cpu ("cpu_core", "cpu_atom", "cpu_lowpower" PMUs list their processors).
class IntelKinds {
 public:
  explicit IntelKinds(const SystemTree& tree)
      : core_(list(tree, "cpu_core")), atom_(list(tree, "cpu_atom")), low_power_(list(tree, "cpu_lowpower")) {
    for (const auto& cache : read_cpu_caches(tree)) has_l3_ |= cache.level == 3;
  }

  [[nodiscard]] std::string kind(const SystemTree& tree, int cpu) const {
    if (core_.contains(cpu) && !(atom_.empty() && low_power_.empty())) return "performance";
    if (low_power_.contains(cpu)) return "low-power efficiency";
    if (!atom_.contains(cpu) || core_.empty()) return {};
    // The efficiency cores outside the compute tile (Meteor Lake) don't reach the shared third-level cache.
    const bool apart = has_l3_ && !tree.has(std::string(kCpus) + "cpu" + std::to_string(cpu) + "/cache/index3");
    return apart ? "low-power efficiency" : "efficiency";
  }

 private:
  static std::set<int> list(const SystemTree& tree, const std::string& unit) {
    const auto cpus = parse_cpu_list(tree.text("sys/devices/" + unit + "/cpus").value_or(std::string()));
    return {cpus.begin(), cpus.end()};
  }
  std::set<int> core_, atom_, low_power_;
  bool has_l3_ = false;
};

std::string arm_kind(const std::vector<CpuInfoEntry>& entries, int cpu) {
  for (const auto& entry : entries) {
    const auto number = entry.find("processor");
    if (number == entry.end() || leading_integer(number->second) != cpu) continue;
    const auto implementer = entry.find("CPU implementer");
    const auto part = entry.find("CPU part");
    if (implementer == entry.end() || part == entry.end()) return {};
    return arm_core_name(implementer->second, part->second);
  }
  return {};
}

// A name that processors of the same core share.
std::string core_key(const SystemTree& tree, const std::vector<CpuInfoEntry>& entries, int cpu) {
  const std::string topology = std::string(kCpus) + "cpu" + std::to_string(cpu) + "/topology/";
  for (const char* list : {"core_cpus_list", "thread_siblings_list"})
    if (auto siblings = tree.text(topology + list); siblings && !siblings->empty()) return *siblings;
  for (const auto& entry : entries) {
    const auto number = entry.find("processor");
    const auto core = entry.find("core id");
    const auto package = entry.find("physical id");
    if (number != entry.end() && core != entry.end() && leading_integer(number->second) == cpu)
      return "core " + core->second + " of " + (package == entry.end() ? std::string() : package->second);
  }
  return "cpu " + std::to_string(cpu);
}

std::vector<Core> read_cores(const SystemTree& tree, const std::vector<CpuInfoEntry>& entries,
                             const std::vector<int>& cpus) {
  const IntelKinds intel(tree);
  std::map<std::string, Core> cores;
  for (const int cpu : cpus) {
    Core& core = cores[core_key(tree, entries, cpu)];
    core.threads.insert(cpu);
    if (core.threads.size() > 1) continue;
    const std::string folder = std::string(kCpus) + "cpu" + std::to_string(cpu);
    core.kind = intel.kind(tree, cpu);
    if (core.kind.empty()) core.kind = arm_kind(entries, cpu);
    if (core.kind.empty()) core.kind = "core";
    core.capacity = std::max<std::int64_t>(0, tree.integer(folder + "/cpu_capacity").value_or(0));
    const auto khz = tree.integer(folder + "/cpufreq/cpuinfo_max_freq").value_or(0);
    if (khz > 0) core.max_ghz = static_cast<double>(khz) / 1e6;
  }
  std::vector<Core> all;
  for (auto& [key, core] : cores) all.push_back(std::move(core));
  return all;
}

// Cores of one name at different capacities are different kinds (one design at two clocks); favoured cores of one
// capacity that may clock a little higher are not.
std::vector<ProfileCores> group_cores(const std::vector<Core>& cores) {
  std::map<std::pair<std::string, std::int64_t>, ProfileCores> groups;
  for (const auto& core : cores) {
    const bool intel = core.kind == "performance" || core.kind == "efficiency" || core.kind == "low-power efficiency";
    auto& group = groups[{core.kind, intel ? 0 : core.capacity}];
    group.kind = core.kind;
    ++group.count;
    group.threads_per_core = std::max(group.threads_per_core, static_cast<int>(core.threads.size()));
    if (core.max_ghz > 0) group.max_ghz = std::max(group.max_ghz.value_or(0), core.max_ghz);
  }
  std::vector<std::pair<std::int64_t, ProfileCores>> ranked;
  for (auto& [key, group] : groups) ranked.emplace_back(key.second, std::move(group));
  std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return std::tuple(a.first, a.second.kind == "performance", a.second.max_ghz.value_or(0)) >
           std::tuple(b.first, b.second.kind == "performance", b.second.max_ghz.value_or(0));
  });
  std::vector<ProfileCores> kinds;
  for (auto& [capacity, group] : ranked) kinds.push_back(std::move(group));
  return kinds;
}

// "1280K" in bytes.
std::uint64_t cache_bytes(const std::string& size) {
  const auto number = leading_integer(size).value_or(0);
  if (number <= 0 || number > (std::int64_t{1} << 40)) return 0;
  const char unit = size.back();
  const std::uint64_t scale = unit == 'K' ? 1024U : unit == 'M' ? 1024U * 1024U : 1U;
  return static_cast<std::uint64_t>(number) * scale;
}

}  // namespace

void read_cpu_topology(const SystemTree& tree, const std::vector<CpuInfoEntry>& entries, ProfileCpu& cpu) {
  const auto cpus = online_cpus(tree, entries);
  if (cpus.empty()) return;
  const auto cores = read_cores(tree, entries, cpus);
  std::set<std::int64_t> packages;
  for (const int number : cpus) {
    const auto package =
        tree.integer(std::string(kCpus) + "cpu" + std::to_string(number) + "/topology/physical_package_id");
    if (package && *package >= 0) packages.insert(*package);
  }
  if (packages.empty())
    for (const auto& entry : entries)
      if (const auto at = entry.find("physical id"); at != entry.end())
        if (const auto package = leading_integer(at->second)) packages.insert(*package);
  cpu.threads = Fact<int>{static_cast<int>(cpus.size())};
  cpu.cores = Fact<int>{static_cast<int>(cores.size())};
  if (!packages.empty()) cpu.packages = Fact<int>{static_cast<int>(packages.size())};
  cpu.kinds = group_cores(cores);
}

std::vector<ProfileCache> read_cpu_caches(const SystemTree& tree) {
  using Kind = std::tuple<int, std::string, std::uint64_t, int>;
  std::map<Kind, std::set<std::string>> found;  // to each kind the processors of every cache of it
  for (const auto& [number, name] : tree.numbered(kCpus, "cpu")) {
    const std::string folder = kCpus + name + "/cache/";
    for (const auto& [index, index_name] : tree.numbered(folder, "index")) {
      const std::string cache = folder + index_name + "/";
      const auto level = tree.integer(cache + "level").value_or(0);
      const auto size = tree.text(cache + "size").value_or(std::string());
      const std::uint64_t bytes = size.empty() ? 0 : cache_bytes(size);
      if (level < 1 || level > 9 || bytes == 0) continue;
      auto sharers = tree.text(cache + "shared_cpu_list").value_or(name);
      const auto count = std::max<std::size_t>(1, parse_cpu_list(sharers).size());
      const auto type = lower_case(tree.text(cache + "type").value_or("unified"));
      found[{static_cast<int>(level), type, bytes, static_cast<int>(count)}].insert(std::move(sharers));
    }
  }
  std::vector<ProfileCache> caches;
  for (const auto& [kind, instances] : found)
    caches.push_back({std::get<0>(kind), std::get<1>(kind), std::get<2>(kind), std::get<3>(kind),
                      static_cast<int>(instances.size())});
  return caches;
}

std::vector<ProfileNumaNode> read_numa_nodes(const SystemTree& tree) {
  std::vector<ProfileNumaNode> nodes;
  const std::string folder = "sys/devices/system/node/";
  for (const auto& [number, name] : tree.numbered(folder, "node")) {
    ProfileNumaNode node;
    node.id = number;
    const auto total = value_of(tree.text(folder + name + "/meminfo").value_or(std::string()),
                                "Node " + std::to_string(number) + " MemTotal");
    const auto kib = leading_integer(total).value_or(0);
    if (kib > 0 && kib < (std::int64_t{1} << 50)) node.memory_bytes = static_cast<std::uint64_t>(kib) * 1024;
    node.cpus = tree.text(folder + name + "/cpulist").value_or(std::string());
    for (const auto& distance : split_text(tree.text(folder + name + "/distance").value_or(std::string()), ' '))
      if (const auto hops = leading_integer(distance); hops && *hops > 0 && *hops < 256)
        node.distances.push_back(static_cast<int>(*hops));
    nodes.push_back(std::move(node));
  }
  return nodes;
}

std::optional<std::int64_t> read_throttle_count(const SystemTree& tree) {
  std::optional<std::int64_t> total;
  for (const auto& [number, name] : tree.numbered(kCpus, "cpu")) {
    const auto count = tree.integer(kCpus + name + "/thermal_throttle/core_throttle_count");
    if (count && *count >= 0 && *count < (std::int64_t{1} << 40)) total = total.value_or(0) + *count;
  }
  return total;
}

}  // namespace hearth
