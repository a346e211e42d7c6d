#include "plan/plan_context.h"

namespace hearth {

std::optional<double> target_bandwidth(const HardwareProfile& machine, const ProfileAccelerator* device) {
  if (device && device->bandwidth_GBps) return device->bandwidth_GBps->value;
  if (device && !device->unified) return std::nullopt;
  if (machine.memory.bus_bandwidth_GBps) return machine.memory.bus_bandwidth_GBps->value;
  // what reading reaches is below what the bus is sold with; the fit was made on the latter
  constexpr double kReachedOfBus = 0.8;
  if (machine.memory.read_bandwidth_GBps) return machine.memory.read_bandwidth_GBps->value / kReachedOfBus;
  return std::nullopt;
}

std::string speed_device_name(const HardwareProfile& machine, const ProfileAccelerator* device) {
  if (device && !device->unified && device->name) return device->name->value;
  if (!machine.name.empty() && !machine.id.empty()) return machine.name;
  if (machine.cpu.model) return machine.cpu.model->value;
  return machine.name;
}

Interval sustained_share(const HardwareProfile& machine, PlanPower power) {
  Interval share{0.97, 0.88, 1.0};
  if (machine.thermal.cooling == "passive") share = {0.7, 0.5, 0.95};
  if (machine.thermal.cooling == "optional_fan") share = {0.8, 0.55, 1.0};
  if (machine.thermal.cooling.empty()) share = {0.9, 0.6, 1.0};
  if (power == PlanPower::kBattery && machine.power.battery) {
    share.value *= 0.8;
    share.low *= 0.6;
  }
  return share;
}

}  // namespace hearth
