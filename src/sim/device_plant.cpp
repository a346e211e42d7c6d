#include "sim/device_plant.h"

#include <algorithm>
#include <cmath>

namespace hearth {
namespace {

constexpr double kFirmwareEvery_s = 1;
constexpr double kJoulePerWh = 3600;

}  // namespace

DevicePlant::DevicePlant(const PlantRecord& record)
    : record_(&record),
      temperature_c_(record.heat.ambient_c + record.heat.resistance_c_per_w * record.power.idle_w),
      power_w_(record.power.idle_w) {}

void DevicePlant::advance(double seconds, double load_share) {
  while (seconds > 0) {
    const double part = std::min(seconds, kFirmwareEvery_s - since_firmware_s_);
    advance_within_a_second(part, load_share);
    seconds -= part;
    since_firmware_s_ += part;
    if (since_firmware_s_ >= kFirmwareEvery_s - 1e-9) {
      firmware();
      since_firmware_s_ = 0;
    }
  }
}

void DevicePlant::advance_within_a_second(double seconds, double load_share) {
  const PlantPower& power = record_->power;
  power_w_ = power.idle_w + (power.load_w - power.idle_w) * load_share * std::pow(clock_share(), power.clock_exponent);
  const double final_c = record_->heat.ambient_c + record_->heat.resistance_c_per_w * power_w_;
  temperature_c_ += (final_c - temperature_c_) * -std::expm1(-seconds / record_->heat.time_constant_s);
  energy_j_ += power_w_ * seconds;
  hot_s_ = temperature_c_ >= record_->throttling.at_c ? hot_s_ + seconds : 0;
  longest_hot_s_ = std::max(longest_hot_s_, hot_s_);
}

void DevicePlant::firmware() {
  const PlantThrottling& limits = record_->throttling;
  if (temperature_c_ >= limits.at_c) {
    if (!throttled_) ++throttle_events_;
    throttled_ = true;
    clock_share_ = std::max(limits.lowest_clock_share, clock_share_ - limits.step_share);
  } else if (temperature_c_ < limits.at_c - limits.hysteresis_c) {
    throttled_ = false;
    clock_share_ = std::min(1.0, clock_share_ + limits.step_share);
  }
}

std::optional<double> DevicePlant::battery_percent() const {
  if (!record_->power.battery_wh) return std::nullopt;
  return std::max(0.0, 100 - energy_j_ / (*record_->power.battery_wh * kJoulePerWh) * 100);
}

bool DevicePlant::empty() const { return battery_percent().value_or(100) <= 0; }

}  // namespace hearth
