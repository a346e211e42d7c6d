// What a machine feels now, read often and cheaply: temperatures, clocks, throttling, power, battery, memory and its
// pressure, disk, processor.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "domain/telemetry.h"
#include "platform/sampled_file.h"
#include "platform/system_tree.h"

namespace hearth {

struct TelemetryOptions {
  std::filesystem::path disk_folder;  // its file system's free bytes; empty: not read
  // Where the machine slows down, as the catalogue has it of this device: for zones whose driver doesn't tell.
  std::optional<double> throttle_c;
};

// Every source is optional: what can't be read is absent in the samples. Externally synchronised. Cost: a read of
// some 10 to 40 open files a sample; bench/telemetry_cost measures it.
class TelemetrySampler {
 public:
  // Looks for the sources in `tree`, and again every minute: batteries and chargers come and go.
  TelemetrySampler(SystemTree tree, TelemetryOptions options);

  // The machine's part of a sample; queue, service level and activity are the caller's to fill. `at` must not go back:
  // power out of energy counters and the processor's share are differences to the sample before, absent in the first.
  [[nodiscard]] TelemetrySample sample(std::chrono::steady_clock::time_point at);

  // What is read, for people: "temperature: cpu-thermal, throttles at 80", in the order of the fields of a sample.
  [[nodiscard]] std::vector<std::string> sources() const;

 private:
  struct Temperature {
    std::string name;
    SampledFile file;
    std::optional<double> throttle_c;
  };
  struct Energy {  // a counter in microjoules that wraps
    SampledFile file;
    std::int64_t range_uj = 0;
    std::optional<std::int64_t> last_uj;
  };
  struct Power {
    std::string name;
    SampledFile microwatts;               // or, where it is absent, the two below
    SampledFile millivolts, milliampere;  // of a rail
    double scale = 1e-6;                  // to watts, of whichever is read
  };
  struct Battery {
    SampledFile capacity, status, power_now, voltage_now, current_now;
  };
  struct ThrottleFlag {  // not a counter: 1 while it lasts
    SampledFile file;
    bool firmware_bits = false;
    bool was_on = false;
  };

  void discover();
  void find_zones();
  void find_chips();
  void find_chip(const std::string& folder);
  void find_clocks();
  void find_throttling();
  void find_energy();
  void find_supplies();
  void find_memory();
  void read_temperature(TelemetrySample& sample);
  void read_throttling(TelemetrySample& sample);
  void read_power(TelemetrySample& sample);
  [[nodiscard]] std::optional<double> battery_w();
  [[nodiscard]] std::optional<double> counted_w(double seconds);
  void read_supplies(TelemetrySample& sample);
  void read_memory(TelemetrySample& sample);
  void read_processor(TelemetrySample& sample);

  SystemTree tree_;
  TelemetryOptions options_;
  std::optional<std::chrono::steady_clock::time_point> discovered_, last_;
  std::vector<Temperature> temperatures_;
  std::vector<SampledFile> throttle_counters_;
  std::vector<ThrottleFlag> throttle_flags_;
  std::uint64_t flags_raised_ = 0;                      // since this sampler began
  std::vector<std::pair<SampledFile, double>> clocks_;  // with the highest clock, kHz
  std::vector<Energy> energies_;
  std::optional<Power> board_;       // the rail that feeds all
  std::vector<Power> accelerators_;  // power of cards, beside the processor's energy counters
  std::vector<Battery> batteries_;
  std::vector<SampledFile> mains_;
  SampledFile meminfo_, pressure_, memory_events_, oom_control_, stat_;
  std::vector<std::pair<SampledFile, SampledFile>> vram_;  // total, used
  std::optional<std::uint64_t> busy_ticks_, all_ticks_;
};

}  // namespace hearth
