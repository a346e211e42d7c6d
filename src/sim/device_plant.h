// A machine that warms up, slows itself down and empties its battery: first-order heat, stepwise throttling.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "domain/plant.h"

namespace hearth {

// Starts in the steady state of idling, with a full battery and the highest clock. Externally synchronised.
class DevicePlant {
 public:
  explicit DevicePlant(const PlantRecord& record);

  // `load_share`: power above idle at the highest clock, of the most, 0 to 1, during all of `seconds`. The heat
  // equation is solved exactly; the firmware looks once a second.
  void advance(double seconds, double load_share);

  // The highest clock that is asked for; the firmware may go lower.
  void set_clock_cap(double share) { clock_cap_ = share; }
  [[nodiscard]] double temperature_c() const { return temperature_c_; }
  [[nodiscard]] double clock_share() const { return std::min(clock_share_, clock_cap_); }
  [[nodiscard]] double power_w() const { return power_w_; }    // of the last advance
  [[nodiscard]] double energy_j() const { return energy_j_; }  // since the start
  [[nodiscard]] std::uint64_t throttle_events() const { return throttle_events_; }
  [[nodiscard]] std::optional<double> battery_percent() const;  // absent on mains
  [[nodiscard]] bool empty() const;
  [[nodiscard]] double longest_at_throttle_s() const { return longest_hot_s_; }
  [[nodiscard]] const PlantRecord& record() const { return *record_; }

 private:
  void advance_within_a_second(double seconds, double load_share);
  void firmware();

  const PlantRecord* record_;  // borrowed
  double temperature_c_;
  double clock_share_ = 1, clock_cap_ = 1;
  double power_w_;
  double energy_j_ = 0;
  double since_firmware_s_ = 0;
  double hot_s_ = 0, longest_hot_s_ = 0;
  std::uint64_t throttle_events_ = 0;
  bool throttled_ = false;
};

}  // namespace hearth
