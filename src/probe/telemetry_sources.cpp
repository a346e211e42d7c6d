// Which files of a machine tell what.
#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "platform/memory_control_group.h"
#include "probe/telemetry_sampler.h"

namespace hearth {
namespace {

constexpr std::size_t kZonesMax = 32, kClocksMax = 4, kThrottleFilesMax = 8, kInputsMax = 8, kCardsMax = 16;
// Zones and trip points outside of this are switched off or stand for something else (skin, ambient, shutdown).
constexpr std::int64_t kTripLowest_mc = 60'000, kTripHighest_mc = 115'000;

// Zones that say nothing of what computes: radios, drives, batteries, and the board's, which firmware often makes up.
constexpr std::array<std::string_view, 8> kForeignZones = {"wifi",    "iwl",    "nvme",  "bat",
                                                           "charger", "acpitz", "int34", "pch"};
// Chips whose temperatures are those of processors and accelerators. Others of thermal zones are mirrored as
// "<zone>_thermal" and left out here.
constexpr std::array<std::string_view, 7> kComputeChips = {"coretemp", "k10temp", "zenpower", "amdgpu",
                                                           "i915",     "xe",      "nouveau"};

bool is_foreign(std::string_view zone) {
  const std::string name = lower_case(zone);
  return std::ranges::any_of(kForeignZones, [&](std::string_view each) { return name.find(each) != name.npos; });
}

}  // namespace

void TelemetrySampler::discover() {
  temperatures_.clear();
  throttle_counters_.clear();
  clocks_.clear();
  board_.reset();
  accelerators_.clear();
  batteries_.clear();
  mains_.clear();
  vram_.clear();
  find_zones();
  find_chips();
  find_clocks();
  find_throttling();
  find_energy();
  find_supplies();
  find_memory();
}

void TelemetrySampler::find_zones() {
  for (const auto& [number, zone] : tree_.numbered("sys/class/thermal", "thermal_zone")) {
    if (temperatures_.size() == kZonesMax) return;
    const std::string folder = "sys/class/thermal/" + zone + "/";
    const std::string type = tree_.text(folder + "type").value_or(zone);
    if (is_foreign(type) || !tree_.integer(folder + "temp")) continue;
    std::optional<double> throttle_c;
    // "passive": where the kernel slows the device down. Source: Documentation/driver-api/thermal/sysfs-api.rst.
    for (int trip = 0; trip < static_cast<int>(kInputsMax); ++trip) {
      const std::string stem = fmt::format("{}trip_point_{}_", folder, trip);
      if (tree_.text(stem + "type") != "passive") continue;
      const auto at = tree_.integer(stem + "temp");
      if (at && *at >= kTripLowest_mc && *at <= kTripHighest_mc)
        throttle_c = std::min(throttle_c.value_or(1e9), static_cast<double>(*at) / 1000);
    }
    temperatures_.push_back({type, SampledFile(tree_.root() / (folder + "temp")), throttle_c});
  }
}

void TelemetrySampler::find_chips() {
  for (const auto& [number, chip] : tree_.numbered("sys/class/hwmon", "hwmon"))
    find_chip("sys/class/hwmon/" + chip + "/");
}

void TelemetrySampler::find_chip(const std::string& folder) {
  const std::string chip = tree_.text(folder + "name").value_or(std::string());
  const auto file = [&](const std::string& name) { return SampledFile(tree_.root() / (folder + name)); };
  if (std::ranges::find(kComputeChips, chip) != kComputeChips.end()) {
    // The first input is the package's or the edge's; single cores follow it within a few degrees.
    if (tree_.has(folder + "temp1_input")) {
      std::optional<double> throttle_c;
      // coretemp's "crit" is TjMax, where the processor slows itself down. Source: Documentation/hwmon/coretemp.rst.
      if (chip == "coretemp")
        if (const auto at = tree_.integer(folder + "temp1_crit"); at && *at >= kTripLowest_mc && *at <= kTripHighest_mc)
          throttle_c = static_cast<double>(*at) / 1000;
      temperatures_.push_back({chip, file("temp1_input"), throttle_c});
    }
    for (const char* power : {"power1_average", "power1_input"})
      if (tree_.has(folder + power)) {
        accelerators_.push_back({chip, file(power), {}, {}, 1e-6});
        break;
      }
  }
  // Jetson's monitor of the rail that feeds the whole module. Source: Jetson Linux developer guide, power monitors.
  for (int n = 1; n <= 3; ++n) {
    const std::string input = std::to_string(n);
    if (tree_.text(folder + "in" + input + "_label") == "VDD_IN")
      board_ = Power{"VDD_IN", {}, file("in" + input + "_input"), file("curr" + input + "_input"), 1e-6};
  }
}

void TelemetrySampler::find_clocks() {
  const auto policies = tree_.numbered("sys/devices/system/cpu/cpufreq", "policy");
  // A few that lie apart tell as much as all: a hot package slows all cores.
  const std::size_t step = std::max<std::size_t>(1, policies.size() / kClocksMax);
  for (std::size_t i = 0; i < policies.size() && clocks_.size() < kClocksMax; i += step) {
    const std::string folder = "sys/devices/system/cpu/cpufreq/" + policies[i].second + "/";
    const auto highest = tree_.integer(folder + "cpuinfo_max_freq");
    if (highest && *highest > 0)
      clocks_.emplace_back(SampledFile(tree_.root() / (folder + "scaling_cur_freq")), static_cast<double>(*highest));
  }
}

void TelemetrySampler::find_throttling() {
  const auto cpus = tree_.numbered("sys/devices/system/cpu", "cpu");
  for (const char* counter : {"package_throttle_count", "core_throttle_count"}) {
    std::vector<std::string> packages;
    for (const auto& [number, cpu] : cpus) {
      const std::string folder = "sys/devices/system/cpu/" + cpu + "/";
      const std::string path = folder + "thermal_throttle/" + counter;
      if (throttle_counters_.size() == kThrottleFilesMax || !tree_.has(path)) continue;
      // One a package, where packages have one.
      const auto package = tree_.text(folder + "topology/physical_package_id").value_or("0");
      if (std::string_view(counter).starts_with("package")) {
        if (std::ranges::find(packages, package) != packages.end()) continue;
        packages.push_back(package);
      }
      throttle_counters_.emplace_back(tree_.root() / path);
    }
    if (!throttle_counters_.empty()) break;
  }
  if (!throttle_flags_.empty()) return;  // their state must outlive a new search
  for (const char* path : {"sys/devices/platform/soc/soc:firmware/get_throttled",
                           "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"})
    if (tree_.has(path)) throttle_flags_.push_back({SampledFile(tree_.root() / path), true, false});
  // Jetson tells of slowing down as a cooling device's state. Source: Jetson Linux developer guide, thermal management.
  for (const auto& [number, device] : tree_.numbered("sys/class/thermal", "cooling_device")) {
    const std::string folder = "sys/class/thermal/" + device + "/";
    if (throttle_flags_.size() < kThrottleFilesMax &&
        tree_.text(folder + "type").value_or("").find("throttle-alert") != std::string::npos)
      throttle_flags_.push_back({SampledFile(tree_.root() / (folder + "cur_state")), false, false});
  }
}

void TelemetrySampler::find_energy() {
  if (!energies_.empty()) return;  // as above
  const std::string folder = "sys/class/powercap/";
  for (const auto& name : tree_.names(folder)) {
    // Packages only: "intel-rapl:0", and not the domains within ("intel-rapl:0:1") nor their mirror in MMIO.
    if (!name.starts_with("intel-rapl:") || std::ranges::count(name, ':') != 1) continue;
    if (!tree_.text(folder + name + "/name").value_or("").starts_with("package")) continue;
    if (!tree_.integer(folder + name + "/energy_uj")) continue;
    energies_.push_back({SampledFile(tree_.root() / (folder + name + "/energy_uj")),
                         tree_.integer(folder + name + "/max_energy_range_uj").value_or(0), std::nullopt});
  }
}

void TelemetrySampler::find_supplies() {
  const std::string folder = "sys/class/power_supply/";
  for (const auto& name : tree_.names(folder)) {
    const std::string supply = folder + name + "/";
    if (tree_.text(supply + "scope") == "Device") continue;  // the battery of a mouse or a headset
    const auto file = [&](const char* leaf) { return SampledFile(tree_.root() / (supply + leaf)); };
    const auto type = tree_.text(supply + "type").value_or(std::string());
    if (type == "Battery")
      batteries_.push_back(
          {file("capacity"), file("status"), file("power_now"), file("voltage_now"), file("current_now")});
    else if (!type.empty() && tree_.has(supply + "online"))
      mains_.push_back(file("online"));
  }
}

void TelemetrySampler::find_memory() {
  meminfo_ = SampledFile(tree_.root() / "proc/meminfo");
  stat_ = SampledFile(tree_.root() / "proc/stat");
  pressure_ = SampledFile(tree_.root() / "proc/pressure/memory");
  memory_events_ = SampledFile();
  oom_control_ = SampledFile();
  if (const auto group = memory_control_group(tree_.root())) {
    const auto own = group->own_folder();
    if (group->version == 1)
      oom_control_ = SampledFile(own / "memory.oom_control");
    else
      memory_events_ = SampledFile(own / "memory.events");
    std::error_code ignored;
    // A container's own stalls say more than the machine's.
    if (std::filesystem::exists(own / "memory.pressure", ignored)) pressure_ = SampledFile(own / "memory.pressure");
  }
  for (const auto& [number, card] : tree_.numbered("sys/class/drm", "card")) {
    const std::string folder = "sys/class/drm/" + card + "/device/";
    if (vram_.size() < kCardsMax && tree_.integer(folder + "mem_info_vram_total").value_or(0) > 0)
      vram_.emplace_back(SampledFile(tree_.root() / (folder + "mem_info_vram_total")),
                         SampledFile(tree_.root() / (folder + "mem_info_vram_used")));
  }
}

std::vector<std::string> TelemetrySampler::sources() const {
  std::vector<std::string> all;
  for (const Temperature& each : temperatures_) {
    const auto limit = each.throttle_c ? each.throttle_c : options_.throttle_c;
    all.push_back(limit ? fmt::format("temperature: {}, slows down at {:.0f} degC", each.name, *limit)
                        : "temperature: " + each.name);
  }
  const auto add = [&](bool there, std::string text) {
    if (there) all.push_back(std::move(text));
  };
  add(!throttle_counters_.empty() || !throttle_flags_.empty(), "throttling");
  add(!clocks_.empty(), "clock");
  add(board_.has_value(), "power: VDD_IN");
  add(!energies_.empty(), "power: RAPL");
  for (const Power& each : accelerators_) all.push_back("power: " + each.name);
  add(!batteries_.empty(), "battery");
  add(!mains_.empty(), "mains");
  add(!meminfo_.path().empty(), "memory");
  add(!memory_events_.path().empty() || !oom_control_.path().empty(), "memory events");
  add(!vram_.empty(), "vram");
  return all;
}

}  // namespace hearth
