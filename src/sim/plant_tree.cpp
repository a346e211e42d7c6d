#include "sim/plant_tree.h"

#include <cmath>
#include <fstream>

#include <fmt/format.h>

namespace hearth {
namespace {

constexpr double kRailVolt = 5;

}  // namespace

Status PlantTree::put(const std::string& path, std::string content) {
  const auto known = written_.find(path);
  if (known != written_.end() && known->second == content) return {};
  const auto file = root_ / path;
  std::error_code failed;
  if (known == written_.end()) std::filesystem::create_directories(file.parent_path(), failed);
  // In place, as the kernel's files are: the sampler keeps them open. Over what was there: ext4 puts a file that was
  // emptied first on the disk each time it is closed.
  const bool is_there = known != written_.end();
  std::ofstream out(file, is_there ? std::ios::in | std::ios::out : std::ios::trunc);
  out << content << '\n';
  out.close();
  if (is_there && content.size() < known->second.size()) std::filesystem::resize_file(file, content.size() + 1, failed);
  if (failed || !out)
    return fail(ErrorCode::kIo, "can't write the simulated machine's file " + file.string(), "is the disk full?");
  written_[path] = std::move(content);
  return {};
}

Status PlantTree::write(const DevicePlant& plant) {
  const PlantRecord& record = plant.record();
  const double step_c = record.sensors.temperature_step_c;
  const double shown_c = std::floor(plant.temperature_c() / step_c) * step_c;
  HEARTH_TRY(put("sys/class/thermal/thermal_zone0/type", record.sensors.zone));
  HEARTH_TRY(put("sys/class/thermal/thermal_zone0/temp", fmt::format("{:.0f}", shown_c * 1000)));
  HEARTH_TRY(put("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive"));
  HEARTH_TRY(
      put("sys/class/thermal/thermal_zone0/trip_point_0_temp", fmt::format("{:.0f}", record.throttling.at_c * 1000)));
  const auto highest_khz = record.sensors.clock_max_khz;
  HEARTH_TRY(put("sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq", std::to_string(highest_khz)));
  HEARTH_TRY(put("sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq",
                 fmt::format("{:.0f}", plant.clock_share() * static_cast<double>(highest_khz))));
  HEARTH_TRY(put("sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count",
                 std::to_string(plant.throttle_events())));
  const double microwatts = plant.power_w() * 1e6;
  if (record.sensors.power == "rapl") {
    HEARTH_TRY(put("sys/class/powercap/intel-rapl:0/name", "package-0"));
    HEARTH_TRY(put("sys/class/powercap/intel-rapl:0/energy_uj", fmt::format("{:.0f}", plant.energy_j() * 1e6)));
  }
  if (record.sensors.power == "rail") {
    HEARTH_TRY(put("sys/class/hwmon/hwmon0/name", "ina3221"));
    HEARTH_TRY(put("sys/class/hwmon/hwmon0/in1_label", "VDD_IN"));
    HEARTH_TRY(put("sys/class/hwmon/hwmon0/in1_input", fmt::format("{:.0f}", kRailVolt * 1000)));
    HEARTH_TRY(put("sys/class/hwmon/hwmon0/curr1_input", fmt::format("{:.0f}", microwatts / kRailVolt / 1000)));
  }
  if (const auto percent = plant.battery_percent()) {
    const std::string supply = "sys/class/power_supply/BAT0/";
    HEARTH_TRY(put(supply + "type", "Battery"));
    HEARTH_TRY(put(supply + "status", "Discharging"));
    HEARTH_TRY(put(supply + "capacity", fmt::format("{:.0f}", *percent)));
    HEARTH_TRY(put(supply + "power_now", fmt::format("{:.0f}", microwatts)));
  }
  return {};
}

}  // namespace hearth
