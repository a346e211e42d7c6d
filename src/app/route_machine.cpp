#include "app/route_machine.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/nearest_name.h"
#include "platform/cpu_count.h"
#include "platform/file.h"
#include "platform/load_average.h"
#include "platform/system_memory.h"

namespace hearth {
namespace {

using nlohmann::json;
constexpr double kGib = 1024.0 * 1024.0 * 1024.0;
constexpr std::uint64_t kSensorBytesMax = 4096;

// The whole number in a file of the kernel's; absent where there is none.
std::optional<double> number_in(const std::filesystem::path& path) {
  const auto text = read_file(path, kSensorBytesMax);
  double value = 0;
  if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return std::nullopt;
  return value;
}

std::vector<std::string> entries(const std::filesystem::path& folder) {
  constexpr std::size_t kEntriesMax = 256;
  auto names = list_folder(folder, kEntriesMax);
  return names ? std::move(*names) : std::vector<std::string>();
}

// Source: Linux, Documentation/ABI/testing/sysfs-class-thermal and sysfs-class-power.
void read_sensors(MachineState& state) {
  const std::filesystem::path thermal = "/sys/class/thermal";
  for (const auto& zone : entries(thermal)) {
    if (!zone.starts_with("thermal_zone")) continue;
    if (const auto milli = number_in(thermal / zone / "temp"))
      state.temperature_c = std::max(state.temperature_c.value_or(-273.0F), static_cast<float>(*milli / 1000));
  }
  const std::filesystem::path power = "/sys/class/power_supply";
  for (const auto& supply : entries(power)) {
    const auto type = read_file(power / supply / "type", kSensorBytesMax);
    if (!type || !type->starts_with("Battery")) continue;
    if (const auto percent = number_in(power / supply / "capacity")) state.battery = static_cast<float>(*percent / 100);
    const auto status = read_file(power / supply / "status", kSensorBytesMax);
    if (status && status->starts_with("Discharging")) state.on_ac = false;
  }
}

Unexpected bad_state(const std::string& what, const std::string& hint) {
  return fail(ErrorCode::kInvalidData, "the machine's state is not usable: " + what, hint);
}

// One figure within bounds.
struct Bounds {
  double least, most;
};
Status read_figure(const json& value, const std::string& name, Bounds bounds, const std::function<void(double)>& set) {
  if (!value.is_number() || value.get<double>() < bounds.least || value.get<double>() > bounds.most)
    return bad_state("'" + name + "' is " + value.dump().substr(0, 40),
                     "give a number from " + std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
  set(value.get<double>());
  return {};
}

Status read_target(const json& object, TargetState& state) {
  if (!object.is_object()) return bad_state("a target's state is no object", "give {\"loaded\": true}");
  for (const auto& [name, value] : object.items()) {
    if ((name == "available" || name == "loaded") && value.is_boolean()) {
      (name == "loaded" ? state.loaded : state.available) = value.get<bool>();
    } else if (name == "warm_prefix_tokens") {
      HEARTH_TRY(read_figure(value, name, {0, 1e9},
                             [&](double v) { state.warm_prefix_tokens = static_cast<std::uint32_t>(v); }));
    } else if (name == "queue") {
      HEARTH_TRY(read_figure(value, name, {0, 65535}, [&](double v) { state.queue = static_cast<std::uint16_t>(v); }));
    } else {
      return bad_state("a target has no '" + name + "', or not of this kind",
                       "known are available, loaded, warm_prefix_tokens and queue");
    }
  }
  return {};
}

Result<std::size_t> target_index(const std::string& name, const std::vector<RouteTarget>& targets) {
  std::vector<std::string> names;
  for (const RouteTarget& target : targets) names.push_back(target.name);
  const auto found = std::ranges::find(names, name);
  if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  const auto nearest = nearest_name(name, names);
  return bad_state("it speaks of the target '" + name + "', which is none",
                   nearest ? "did you mean '" + *nearest + "'?" : "`hearth route hello --json` lists the targets");
}

struct Figure {
  const char* name;
  Bounds bounds;
  void (*set)(MachineState&, double);
};
constexpr Figure kFigures[] = {
    {"temperature_c", {-60, 200}, [](MachineState& s, double v) { s.temperature_c = static_cast<float>(v); }},
    {"battery", {0, 1}, [](MachineState& s, double v) { s.battery = static_cast<float>(v); }},
    {"memory_free_gib",
     {0, 1e6},
     [](MachineState& s, double v) { s.memory_free_bytes = static_cast<std::uint64_t>(v * kGib); }},
    {"vram_free_gib",
     {0, 1e6},
     [](MachineState& s, double v) { s.vram_free_bytes = static_cast<std::uint64_t>(v * kGib); }},
    {"cpu_load", {0, 1}, [](MachineState& s, double v) { s.cpu_load = static_cast<float>(v); }},
    {"gpu_load", {0, 1}, [](MachineState& s, double v) { s.gpu_load = static_cast<float>(v); }},
    {"clock_share", {0, 1}, [](MachineState& s, double v) { s.clock_share = static_cast<float>(v); }},
    {"queue", {0, 65535}, [](MachineState& s, double v) { s.queue = static_cast<std::uint16_t>(v); }},
};

Status read_field(const std::string& name, const json& value, const std::vector<RouteTarget>& targets,
                  RouteMachine& machine) {
  for (const Figure& figure : kFigures)
    if (name == figure.name)
      return read_figure(value, name, figure.bounds, [&](double v) { figure.set(machine.state, v); });
  if ((name == "on_ac" || name == "remote_allowed") && value.is_boolean()) {
    (name == "on_ac" ? machine.state.on_ac : machine.state.remote_allowed) = value.get<bool>();
    return {};
  }
  if (name == "session_target" && value.is_string()) {
    HEARTH_ASSIGN(at, target_index(value.get<std::string>(), targets));
    machine.state.session_target = static_cast<std::int8_t>(at);
    return {};
  }
  if (name == "targets" && value.is_object()) {
    for (const auto& [target, state] : value.items()) {
      HEARTH_ASSIGN(at, target_index(target, targets));
      HEARTH_TRY(read_target(state, machine.targets[at]));
    }
    return {};
  }
  return bad_state("'" + name + "' is no field of it, or not of this kind",
                   "`hearth route --help` and docs/guides/routing.md list the fields");
}

}  // namespace

RouteMachine read_route_machine(std::size_t n_targets) {
  RouteMachine machine;
  machine.targets.resize(n_targets);
  if (const auto memory = system_memory()) machine.state.memory_free_bytes = memory->available_bytes;
  if (const auto load = load_average_1min()) {
    const auto threads = static_cast<double>(std::max(1U, usable_cpu_count()));
    machine.state.cpu_load = static_cast<float>(std::clamp(*load / threads, 0.0, 1.0));
  }
  read_sensors(machine.state);
  return machine;
}

Result<RouteMachine> parse_route_machine(const std::string& text, const std::vector<RouteTarget>& targets) {
  const json parsed = json::parse(text, nullptr, false);
  if (!parsed.is_object()) return bad_state("it is not a JSON object", "give {\"battery\": 0.15, \"on_ac\": false}");
  RouteMachine machine;
  machine.targets.resize(targets.size());
  for (const auto& [name, value] : parsed.items()) HEARTH_TRY(read_field(name, value, targets, machine));
  return machine;
}

}  // namespace hearth
