// A device as it is sold. Facts that nobody published are absent, never 0.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

struct CatalogCores {
  std::string kind;  // "Cortex-A76", "performance"
  int count = 0;
  int threads_per_core = 1;
  std::optional<double> max_ghz;
};

struct CatalogCpu {
  std::string model;
  std::vector<CatalogCores> cores;  // fastest kind first
  std::vector<std::string> isa;     // "avx2", "avx512_vnni", "dotprod", "i8mm", ...
  bool assumed = false;             // an accelerator is sold without a host; this is a common one
};

struct CatalogMemory {
  std::uint64_t total_bytes = 0;
  std::vector<std::uint64_t> options_bytes;  // sizes it is sold with
  std::string type;
  std::optional<double> bandwidth_GBps;  // of the bus
  std::string bandwidth_provenance;      // "vendor", "computed from bus", "measured", "assumed"
  std::optional<double> sustained_GBps;  // what reading really reached
};

// Operations per second in 10^12, dense unless the name says sparse.
struct CatalogCompute {
  std::optional<double> fp32_tflops, fp16_tflops, bf16_tflops, fp8_tflops, fp4_tflops;
  std::optional<double> int8_tops, int4_tops, int8_sparse_tops, fp4_sparse_tflops;
};

struct CatalogAccelerator {
  std::string kind;  // "gpu", "npu", "tpu", "dla"
  std::string name;
  int count = 1;
  std::optional<std::uint64_t> memory_bytes;           // of its own; absent where memory is unified
  std::optional<std::uint64_t> max_working_set_bytes;  // most the system lets it use of unified memory
  std::optional<double> bandwidth_GBps;                // of its own memory
  CatalogCompute compute;
  std::string compute_capability;     // CUDA only
  std::vector<std::string> backends;  // "cuda", "vulkan", "metal", "openvino", ...
};

struct CatalogPowerMode {
  std::string name;
  std::optional<double> watts;
};

struct CatalogPower {
  std::optional<double> idle_w, tdp_w, load_w, supply_w;  // load_w: the whole device, measured under inference
  bool battery = false;
  std::vector<CatalogPowerMode> modes;
};

struct CatalogThermal {
  std::string cooling;  // "passive", "active", "optional_fan", "liquid" or empty
  std::optional<double> throttle_c;
  std::string note;
};

struct CatalogDevice : CatalogRecord {
  std::string vendor;
  std::string device_class;  // "single_board", "jetson", "laptop", ...
  std::string preset_class;  // which presets apply; may be empty
  CatalogCpu cpu;
  CatalogMemory memory;
  bool unified_memory = false;
  std::vector<CatalogAccelerator> accelerators;
  CatalogPower power;
  CatalogThermal thermal;
  std::vector<std::string> os;
  std::uint64_t os_reserve_bytes = 0;  // what the system keeps for itself
  std::vector<std::string> measured;   // published speeds, as text
};

}  // namespace hearth
