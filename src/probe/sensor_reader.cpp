#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "probe/cpu_reader.h"
#include "probe/device_state_reader.h"

namespace hearth {
namespace {

struct Reading {
  const char* kind;
  const char* unit;
  double scale;  // of the kernel's integer
  double low, high;
};

// What hwmon's files hold. Source: Linux kernel documentation, hwmon/sysfs-interface.rst. Values outside the bounds are
// what unconnected inputs read as.
constexpr Reading kTemperature = {"temperature", "degC", 1e-3, -40, 150};
constexpr Reading kFan = {"fan", "1/min", 1, 0, 50000};
constexpr Reading kPower = {"power", "W", 1e-6, 0, 5000};
constexpr Reading kVoltage = {"voltage", "V", 1e-3, -60, 500};
constexpr Reading kEnergy = {"energy", "J", 1e-6, 0, 1e13};

// What a driver calls a sensor; `otherwise` where it calls it nothing.
std::string label(const SystemTree& tree, const std::string& path, const std::string& otherwise) {
  auto text = tree.text(path).value_or(std::string());
  return text.empty() ? otherwise : text;
}

void add(std::vector<ProfileSensor>& sensors, const Reading& reading, std::string name,
         std::optional<std::int64_t> raw) {
  if (!raw) return;
  // To nine digits: 52350 thousandths are 52.35 and not a neighbour of it.
  const double divisor = 1 / reading.scale;
  const double value = static_cast<double>(*raw) / std::round(divisor);
  if (value < reading.low || value > reading.high) return;
  sensors.push_back({reading.kind, std::move(name), reading.unit, Fact<double>{value}, ""});
}

void read_thermal_zones(const SystemTree& tree, std::vector<ProfileSensor>& sensors) {
  for (const auto& [number, zone] : tree.numbered("sys/class/thermal", "thermal_zone")) {
    const std::string folder = "sys/class/thermal/" + zone + "/";
    const auto raw = tree.integer(folder + "temp");
    // Zones that are off read as nothing, as 0 or as a large negative number.
    if (raw && *raw > 0) add(sensors, kTemperature, label(tree, folder + "type", zone), raw);
  }
}

// INA3221 and its like give millivolts and milliamperes of a rail; power is their product.
void read_rail(const SystemTree& tree, const std::string& folder, const std::string& chip, int n,
               std::vector<ProfileSensor>& sensors) {
  const auto in = "in" + std::to_string(n);
  const auto current_ma = tree.integer(folder + "curr" + std::to_string(n) + "_input");
  const auto millivolts = tree.integer(folder + in + "_input");
  if (!millivolts) return;
  const auto rail = chip + " " + label(tree, folder + in + "_label", in);
  add(sensors, kVoltage, rail, millivolts);
  if (current_ma && std::abs(*millivolts) < 1'000'000 && std::abs(*current_ma) < 1'000'000)
    add(sensors, kPower, rail, *millivolts * *current_ma);
}

void read_chip(const SystemTree& tree, const std::string& folder, std::vector<ProfileSensor>& sensors) {
  struct File {
    const char* stem;
    const char* suffix;
    const Reading& reading;
  };
  const std::array files = {File{"temp", "_input", kTemperature}, File{"fan", "_input", kFan},
                            File{"power", "_average", kPower}, File{"power", "_input", kPower},
                            File{"energy", "_input", kEnergy}};
  constexpr int kInputsMax = 32;
  const std::string chip = label(tree, folder + "name", "hwmon");
  std::vector<std::string> names = tree.names(folder);
  const auto has = [&](const std::string& name) { return std::binary_search(names.begin(), names.end(), name); };
  for (const auto& file : files)
    for (int n = 1; n <= kInputsMax; ++n) {
      const std::string input = file.stem + std::to_string(n);
      if (!has(input + file.suffix)) continue;
      if (file.stem == files[3].stem && file.suffix == files[3].suffix && has(input + "_average")) continue;
      add(sensors, file.reading, chip + " " + label(tree, folder + input + "_label", input),
          tree.integer(folder + input + file.suffix));
    }
  for (int n = 0; n <= kInputsMax; ++n) {
    const std::string input = "in" + std::to_string(n);
    if (has(input + "_input")) read_rail(tree, folder, chip, n, sensors);
    if (has(input + "_lcrit_alarm"))
      if (const auto alarm = tree.integer(folder + input + "_lcrit_alarm"))
        sensors.push_back({"throttle", chip + " under-voltage", "count", Fact<double>{*alarm != 0 ? 1.0 : 0.0}, ""});
  }
}

void read_energy_counters(const SystemTree& tree, std::vector<ProfileSensor>& sensors) {
  const std::string folder = "sys/class/powercap/";
  for (const auto& name : tree.names(folder)) {
    if (name.find("-rapl:") == std::string::npos || name.find("-rapl-mmio") != std::string::npos) continue;
    add(sensors, kEnergy, "rapl " + label(tree, folder + name + "/name", name),
        tree.integer(folder + name + "/energy_uj"));
  }
}

void read_throttling(const SystemTree& tree, std::vector<ProfileSensor>& sensors) {
  if (const auto count = read_throttle_count(tree))
    sensors.push_back({"throttle", "cpu", "count", Fact<double>{static_cast<double>(*count)}, ""});
  // Bits: 0 under-voltage now, 1 clock capped now, 2 throttled now; the same from 16 for "since the start". Source:
  // Raspberry Pi documentation, vcgencmd get_throttled.
  for (const char* path : {"sys/devices/platform/soc/soc:firmware/get_throttled",
                           "sys/devices/platform/soc@107c000000/soc@107c000000:firmware/get_throttled"})
    if (const auto text = tree.text(path))
      if (const auto bits = leading_integer(text->starts_with("0x") ? *text : "0x" + *text))
        sensors.push_back({"throttle", "firmware bits", "", Fact<double>{static_cast<double>(*bits)}, ""});
}

void read_modes(const SystemTree& tree, std::vector<ProfileSensor>& sensors) {
  const auto mode = [&](const char* name, std::string text) {
    if (!text.empty()) sensors.push_back({"power_mode", name, "", std::nullopt, std::move(text)});
  };
  mode("nvpmodel", read_nvpmodel(tree));
  mode("platform profile", tree.text("sys/firmware/acpi/platform_profile").value_or(std::string()));
  mode("governor", tree.text("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").value_or(std::string()));
}

void read_supplies(const SystemTree& tree, std::vector<ProfileSensor>& sensors) {
  const std::string folder = "sys/class/power_supply/";
  for (const auto& name : tree.names(folder)) {
    const std::string supply = folder + name + "/";
    // "Device": the battery of a mouse or a headset.
    if (tree.text(supply + "scope") == "Device") continue;
    const auto type = tree.text(supply + "type").value_or(std::string());
    if (type == "Battery") {
      if (const auto percent = tree.integer(supply + "capacity"); percent && *percent >= 0 && *percent <= 100)
        sensors.push_back({"battery", name, "%", Fact<double>{static_cast<double>(*percent)}, ""});
      add(sensors, kPower, name, tree.integer(supply + "power_now"));
    } else if (const auto online = tree.integer(supply + "online"); online && !type.empty()) {
      sensors.push_back({"ac", name, "", Fact<double>{*online != 0 ? 1.0 : 0.0}, ""});
    }
  }
}

}  // namespace

std::string read_nvpmodel(const SystemTree& tree) {
  // "pmode:0002" names the mode of "< POWER_MODEL ID=2 NAME=MAXN_SUPER >".
  const auto status = tree.text("var/lib/nvpmodel/status").value_or(std::string());
  const auto chosen = leading_integer(value_of(status, "pmode"));
  if (!chosen) return {};
  for (const auto& line : split_text(tree.text("etc/nvpmodel.conf").value_or(std::string()), '\n')) {
    const auto id = line.find(" ID=");
    const auto name = line.find(" NAME=");
    if (!line.starts_with("<") || line.find("POWER_MODEL") == std::string::npos || id == std::string::npos ||
        name == std::string::npos || leading_integer(std::string_view(line).substr(id + 4)) != chosen)
      continue;
    return line.substr(name + 6, line.find_first_of(" >", name + 6) - name - 6);
  }
  return "mode " + std::to_string(*chosen);
}

void read_sensors(const SystemTree& tree, std::vector<ProfileSensor>& sensors) {
  read_thermal_zones(tree, sensors);
  for (const auto& [number, chip] : tree.numbered("sys/class/hwmon", "hwmon"))
    read_chip(tree, "sys/class/hwmon/" + chip + "/", sensors);
  read_energy_counters(tree, sensors);
  read_supplies(tree, sensors);
  read_throttling(tree, sensors);
  read_modes(tree, sensors);
}

ProfilePower read_power(const SystemTree& tree) {
  ProfilePower power;
  std::vector<ProfileSensor> sensors;
  read_supplies(tree, sensors);
  read_modes(tree, sensors);
  for (const auto& sensor : sensors) {
    if (sensor.kind == "battery") {
      power.battery = true;
      if (!power.battery_percent) power.battery_percent = sensor.value;
    }
    // Several inputs, one of them plugged in: on mains.
    if (sensor.kind == "ac" && sensor.value)
      power.on_ac = Fact<bool>{(power.on_ac && power.on_ac->value) || sensor.value->value > 0};
    if (sensor.kind == "power_mode" && power.mode.empty()) power.mode = sensor.text;
  }
  return power;
}

}  // namespace hearth
