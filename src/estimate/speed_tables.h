// speed_model.json in memory. Internal to the speed model.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

struct SpeedDevice {
  std::vector<std::string> needles;
  std::string device, kind, vendor, arch;
  double bandwidth_GBps = 0, memory_GiB = 0, tflops = 0, tflops_per_gpu_core = 0;
};
struct SpeedKnownModel {
  std::vector<std::string> needles;
  double total_B = 0, active_B = 0;
};
struct SpeedQuant {
  std::vector<std::string> needles;
  std::string quant_class;
  double bits_per_weight = 0;
};
struct SpeedEngineRule {
  std::vector<std::string> needles;  // all must occur
  std::string engine;
};
struct SpeedVendorRule {
  std::vector<std::string> needles;
  std::string vendor;
};
struct SpeedPhysics {
  double tflops_per_GBps = 0, usable_memory_share = 0, reserved_GiB = 0, cpu_share_of_soc_tflops = 0;
  std::vector<std::string> cpu_only_archs;
};

using SpeedCoefficientMap = std::map<std::string, double, std::less<>>;

struct SpeedPart {
  SpeedCoefficientMap log_theta, effects, slopes, cells;
  std::map<std::string, std::array<double, 2>, std::less<>> intervals;
  double dense_devices = 0;
};

struct SpeedRate {
  std::vector<std::string> needles;
  std::string kind;
  double tflops = 0, cpu_tflops = 0;
};
struct SpeedWork {
  std::vector<std::string> needles;
  double gflop = 0;
};
struct SpeedLatencyPart {
  std::vector<SpeedRate> rates;
  std::vector<SpeedWork> work;
  std::vector<std::string> cpu_runtimes;
  SpeedCoefficientMap coefficients;
  std::array<double, 2> log_band{};
};

struct SpeedTables {
  std::string fit_date;
  std::vector<SpeedDevice> devices;
  std::vector<SpeedKnownModel> models;
  std::vector<SpeedQuant> quants;
  std::vector<SpeedEngineRule> engines;
  std::map<std::string, std::string, std::less<>> engine_class;
  std::vector<SpeedVendorRule> vendors;
  SpeedPhysics physics;
  SpeedPart prefill, decode;
  SpeedLatencyPart vision, audio;
};

[[nodiscard]] Result<SpeedTables> parse_speed_tables(std::string_view json);

}  // namespace hearth
