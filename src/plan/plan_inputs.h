// What the planner is given: the catalogue, the fitted speeds, what is installed and what was measured before.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/catalog_device.h"
#include "domain/catalog_model.h"
#include "domain/catalog_precision.h"
#include "domain/catalog_preset.h"
#include "domain/catalog_runtime.h"
#include "estimate/speed_model.h"

namespace hearth {

// Borrowed records; whoever makes a plan keeps them alive while it is made.
struct PlanCatalog {
  std::span<const CatalogDevice> devices;
  std::span<const CatalogModel> models;
  std::span<const CatalogRuntime> runtimes;
  std::span<const CatalogPrecision> precisions;
  std::span<const CatalogPreset> presets;
  std::span<const CatalogSlo> slos;
};

// A record by id; nullptr where there is none.
template <class Record>
[[nodiscard]] const Record* find_record(std::span<const Record> records, std::string_view id) {
  for (const Record& record : records)
    if (record.id == id) return &record;
  return nullptr;
}

// A runtime on the machine the plan is made on.
struct PlanInstalledRuntime {
  std::string id;
  bool present = false;
  std::string hint;  // how to install it
};

// One figure measured on this machine before, from the ledger.
struct PlanMeasurement {
  std::string device;  // HardwareProfile::id, or its name where it has none
  std::string model, precision, runtime, backend;
  std::string metric;    // "decode_tok_s", "prefill_tok_s", "latency_ms", "rtf"
  double projected = 0;  // by the fitted model, before any correction
  double measured = 0;
  double spread = 0;  // half the interquartile range, as a share
};

struct PlanInputs {
  PlanCatalog catalog;
  const SpeedModel* speed = nullptr;
  std::vector<PlanInstalledRuntime> installed;  // empty: planned for another machine
  std::vector<PlanMeasurement> measured;
  std::vector<CatalogModel> files;  // models given as files: `id` is the path
  std::string hearth_version;
};

}  // namespace hearth
