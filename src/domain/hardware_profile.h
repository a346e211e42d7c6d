// One machine as a plan sees it: probed here, taken from a device record, or read from a file. What nobody could read
// is absent, never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_device.h"

namespace hearth {

enum class Provenance { kMeasured, kSystem, kCatalogue, kAssumed };

// A value and where it comes from.
template <typename T>
struct Fact {
  T value{};
  Provenance provenance = Provenance::kSystem;
  std::optional<double> spread = std::nullopt;  // of a measured value: half the interquartile range, as a share of it
  bool operator==(const Fact&) const = default;
};

template <typename T>
using Known = std::optional<Fact<T>>;

// Cores that are alike.
struct ProfileCores {
  std::string kind;  // "performance", "efficiency", "Cortex-A76"; "core" where all are alike and nameless
  int count = 0;
  int threads_per_core = 1;
  std::optional<double> max_ghz;
  bool operator==(const ProfileCores&) const = default;
};

struct ProfileCache {
  int level = 0;
  std::string type;  // "data", "instruction", "unified"
  std::uint64_t bytes = 0;
  int shared_by_threads = 1;
  int count = 1;  // caches of this kind in the machine
  bool operator==(const ProfileCache&) const = default;
};

struct ProfileNumaNode {
  int id = 0;
  std::uint64_t memory_bytes = 0;
  std::string cpus;            // "0-15,32-47"
  std::vector<int> distances;  // to each node, 10 = local
  bool operator==(const ProfileNumaNode&) const = default;
};

struct ProfileCpu {
  Known<std::string> vendor, model;
  Known<int> cores, threads, packages;
  std::vector<ProfileCores> kinds;  // fastest first
  std::vector<ProfileCache> caches;
  std::vector<ProfileNumaNode> numa;
  Known<std::vector<std::string>> isa;  // the catalogue's words: "avx2", "avx512_vnni", "amx_int8", "dotprod", ...
  Known<double> f32_tflops, bf16_tflops, int8_tops;
};

struct ProfileMemory {
  Known<std::uint64_t> total_bytes, available_bytes;
  Known<std::string> type;
  Known<double> bus_bandwidth_GBps;              // of the bus, as published
  Known<double> read_bandwidth_GBps;             // reached by all threads
  Known<double> read_bandwidth_one_thread_GBps;  // reached by one
};

struct ProfileAccelerator {
  std::string kind;                                     // "gpu", "npu", "tpu", "dla"
  std::string id;                                       // unique in the profile: "gpu0", "npu0"
  std::string vendor;                                   // "nvidia", "amd", "intel", "apple", ... or empty
  Known<std::string> name, driver, compute_capability;  // the last: CUDA only
  bool unified = false;                                 // shares the machine's memory
  Known<std::uint64_t> memory_bytes, free_bytes, max_working_set_bytes;
  Known<double> bandwidth_GBps;
  CatalogCompute compute;  // dense peaks, of the device record
  std::vector<std::string> backends;
};

struct ProfileStorage {
  std::string name;  // "nvme0n1"
  std::string kind;  // "nvme", "ssd", "hdd", "sd", "emmc", "usb", "virtual"
  Known<std::string> model;
  Known<std::uint64_t> total_bytes, free_bytes;  // free: of the file system that holds Hearth's home
  Known<double> sequential_read_GBps, random_read_4k_iops;
};

// What a container or service manager grants; absent: no limit.
struct ProfileLimits {
  std::string source;  // "cgroup v2", "cgroup v1", or empty
  Known<double> cpu_cores;
  Known<std::uint64_t> memory_bytes, swap_bytes;
};

struct ProfileSensor {
  std::string kind;  // "temperature", "power", "energy", "battery", "ac", "fan", "throttle", "power_mode", "voltage"
  std::string name;
  std::string unit;  // "degC", "W", "J", "%", "1/min", "count", ""
  Known<double> value;
  std::string text;  // for "power_mode"
};

struct ProfilePower {
  bool battery = false;
  Known<bool> on_ac;
  Known<double> battery_percent;
  Known<double> idle_w, load_w, tdp_w, supply_w;
  std::string mode;  // of nvpmodel or the governor, where one is set
};

struct ProfileSkip {
  std::string what;
  std::string reason;
};

// A value. `id` and the classes are empty where no device record matches.
struct HardwareProfile {
  std::string id;      // of the device record it is or was recognised as
  std::string name;    // as shown to people
  std::string source;  // "probe", "catalogue", "file"
  std::string device_class, preset_class;
  std::string os, architecture;  // "linux", "macos", "windows", "android", "browser"; "x86_64", "aarch64"
  Known<std::string> os_version, kernel;
  std::string virtualisation;  // "docker", "kvm", ... or empty
  ProfileCpu cpu;
  ProfileMemory memory;
  bool unified_memory = false;
  std::vector<ProfileAccelerator> accelerators;
  std::vector<ProfileStorage> storage;
  ProfileLimits limits;
  std::vector<ProfileSensor> sensors;
  ProfilePower power;
  CatalogThermal thermal;
  Fact<std::uint64_t> os_reserve_bytes;
  std::vector<ProfileSkip> skipped;
};

}  // namespace hearth
