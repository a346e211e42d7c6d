// Starting settings of a workload on a class of device, and the service levels plans are held to.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "domain/catalog_record.h"

namespace hearth {

struct CatalogPresetPower {
  std::string mode, governor;
  std::optional<double> limit_w, pause_above_c;
};

// A setting that has no meaning for the workload is absent.
struct CatalogSettings {
  std::string runtime, precision, device;
  std::vector<std::string> alternatives;  // further runtimes, best first
  int threads = 0;                        // 0: one for each performance core
  std::optional<int> streams, prompt_batch, prompt_microbatch, decode_batch, context_length, gpu_layers, batch;
  std::optional<int> prefix_cache_mib, first_chunk_chars;
  std::string kv_cache, cache;
  std::optional<bool> flash_attention, mmap, mlock;
  std::vector<int> resolution;  // width, height
  std::optional<double> chunk_ms, hop_ms, frame_ms;
  CatalogPresetPower power;
};

struct CatalogPreset : CatalogRecord {
  std::string device_class, workload;
  std::vector<std::string> devices, models;  // ids, first choice first
  std::string verdict;                       // "good", "usable", "no"
  CatalogSettings settings;
  std::vector<std::string> avoid;
};

struct CatalogSlo : CatalogRecord {
  std::string task, metric, unit;
  std::optional<double> at_least, at_most, wish;
  std::vector<std::string> devices, backends, models;  // empty: all
  std::map<std::string, std::string> conditions;
};

}  // namespace hearth
