#include "plan/device_profile.h"

#include <algorithm>

#include "base/contains.h"

namespace hearth {
namespace {

template <class T>
Known<T> from_record(const std::optional<T>& value) {
  if (!value) return std::nullopt;
  return Fact<T>{*value, Provenance::kCatalogue};
}
template <class T>
Known<T> from_record(const T& value) {
  return Fact<T>{value, Provenance::kCatalogue};
}

ProfileCpu cpu_of(const CatalogDevice& device) {
  ProfileCpu cpu;
  cpu.model = from_record(device.cpu.model);
  int cores = 0, threads = 0;
  for (const auto& kind : device.cpu.cores) {
    cpu.kinds.push_back({kind.kind, kind.count, kind.threads_per_core, kind.max_ghz});
    cores += kind.count;
    threads += kind.count * kind.threads_per_core;
  }
  if (cores > 0) cpu.cores = from_record(cores);
  if (threads > 0) cpu.threads = from_record(threads);
  if (!device.cpu.isa.empty()) cpu.isa = from_record(device.cpu.isa);
  if (device.cpu.assumed)
    for (auto* fact : {&cpu.cores, &cpu.threads})
      if (*fact) (*fact)->provenance = Provenance::kAssumed;
  return cpu;
}

std::vector<ProfileAccelerator> accelerators_of(const CatalogDevice& device) {
  std::vector<ProfileAccelerator> out;
  std::vector<std::pair<std::string, int>> counts;
  for (const auto& sold : device.accelerators) {
    for (int i = 0; i < std::max(1, sold.count); ++i) {
      auto count = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == sold.kind; });
      if (count == counts.end()) count = counts.insert(counts.end(), {sold.kind, 0});
      ProfileAccelerator one;
      one.kind = sold.kind;
      one.id = sold.kind + std::to_string(count->second++);
      one.vendor = device.vendor;
      one.name = from_record(sold.name);
      one.unified = !sold.memory_bytes;
      one.memory_bytes = from_record(sold.memory_bytes);
      one.max_working_set_bytes = from_record(sold.max_working_set_bytes);
      one.bandwidth_GBps = from_record(sold.bandwidth_GBps);
      if (!sold.compute_capability.empty()) one.compute_capability = from_record(sold.compute_capability);
      one.compute = sold.compute;
      one.backends = sold.backends;
      out.push_back(std::move(one));
    }
  }
  return out;
}

std::string architecture_of(const CatalogDevice& device) {
  if (contains(device.cpu.isa, "aarch64")) return "aarch64";
  if (contains(device.cpu.isa, "x86_64") || contains(device.cpu.isa, "avx2")) return "x86_64";
  return "";
}

}  // namespace

HardwareProfile profile_of(const CatalogDevice& device) {
  HardwareProfile profile;
  profile.id = device.id;
  profile.name = device.name;
  profile.source = "catalogue";
  profile.device_class = device.device_class;
  profile.preset_class = device.preset_class;
  if (!device.os.empty()) profile.os = device.os.front();
  profile.architecture = architecture_of(device);
  profile.cpu = cpu_of(device);
  if (device.memory.total_bytes > 0) profile.memory.total_bytes = from_record(device.memory.total_bytes);
  if (profile.memory.total_bytes && device.cpu.assumed) profile.memory.total_bytes->provenance = Provenance::kAssumed;
  if (!device.memory.type.empty()) profile.memory.type = from_record(device.memory.type);
  profile.memory.bus_bandwidth_GBps = from_record(device.memory.bandwidth_GBps);
  if (profile.memory.bus_bandwidth_GBps && device.memory.bandwidth_provenance == "assumed")
    profile.memory.bus_bandwidth_GBps->provenance = Provenance::kAssumed;
  profile.memory.read_bandwidth_GBps = from_record(device.memory.sustained_GBps);
  profile.unified_memory = device.unified_memory;
  profile.accelerators = accelerators_of(device);
  profile.power.battery = device.power.battery;
  profile.power.idle_w = from_record(device.power.idle_w);
  profile.power.load_w = from_record(device.power.load_w);
  profile.power.tdp_w = from_record(device.power.tdp_w);
  profile.power.supply_w = from_record(device.power.supply_w);
  profile.thermal = device.thermal;
  profile.os_reserve_bytes = {device.os_reserve_bytes, Provenance::kCatalogue};
  return profile;
}

}  // namespace hearth
