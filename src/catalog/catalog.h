// The catalogue: devices, models, runtimes, precisions, presets, service levels, ladders and simulated machines,
// checked and found by name. Does no input or output: whoever has the files hands over their text.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/shelf.h"
#include "domain/catalog_device.h"
#include "domain/catalog_model.h"
#include "domain/catalog_precision.h"
#include "domain/catalog_preset.h"
#include "domain/catalog_runtime.h"
#include "domain/ladder.h"
#include "domain/plant.h"
#include "domain/routing_policy.h"
#include "hearth/result.h"

namespace hearth {

// One file below data/: "models/qwen3-8b.json", "schemas/model.schema.json". The separator is '/'.
struct CatalogFile {
  std::string path;
  std::string text;
};

enum class CatalogCheck {
  kSchema,  // every record against its schema: for records from anywhere
  kTrusted  // only what reading needs: for files that were checked when they were installed
};

// Immutable after load(); may be read from several threads.
class Catalog {
 public:
  // Reads records and schemas in any order; files of other folders are ignored. InvalidData, with the file and the
  // place in it, for text that is no JSON, breaks its schema, contradicts itself, repeats a name or points at a record
  // that is not there; NotFound when a schema is missing that a record needs. Cost with kSchema: some 0.1 s for 600
  // records.
  static Result<Catalog> load(std::span<const CatalogFile> files, CatalogCheck check = CatalogCheck::kSchema);

  // By id or alias, ignoring case, blank and underscore as hyphen. NotFound with the nearest name. Pointers live as
  // long as the catalogue.
  [[nodiscard]] Result<const CatalogDevice*> device(std::string_view name) const { return devices_.find(name); }
  [[nodiscard]] Result<const CatalogModel*> model(std::string_view name) const { return models_.find(name); }
  [[nodiscard]] Result<const CatalogRuntime*> runtime(std::string_view name) const { return runtimes_.find(name); }
  [[nodiscard]] Result<const CatalogPrecision*> precision(std::string_view name) const {
    return precisions_.find(name);
  }
  [[nodiscard]] Result<const CatalogSlo*> slo(std::string_view name) const { return slos_.find(name); }
  [[nodiscard]] Result<const PlantRecord*> plant(std::string_view name) const { return plants_.find(name); }

  [[nodiscard]] Result<const CatalogRoutingPolicy*> routing_policy(std::string_view name) const {
    return routing_.find(name);
  }

  // The preset of a device class ("raspberry-pi-5") and workload ("llm-small"); NotFound with the nearest name.
  [[nodiscard]] Result<const CatalogPreset*> preset(std::string_view device_class, std::string_view workload) const;

  // How a modality does with less on a device of that class ("single_board"; data/devices tells). NotFound when no
  // ladder is for it.
  [[nodiscard]] Result<const Ladder*> ladder(Modality modality, std::string_view device_class) const;

  // The precision that is the floor of a use ("chat", "code", ...): below its rung nothing is planned for that use.
  // nullptr when the use has no floor.
  [[nodiscard]] const CatalogPrecision* floor_of(std::string_view use) const;

  [[nodiscard]] const std::vector<CatalogDevice>& devices() const { return devices_.items(); }
  [[nodiscard]] const std::vector<CatalogModel>& models() const { return models_.items(); }
  [[nodiscard]] const std::vector<CatalogRuntime>& runtimes() const { return runtimes_.items(); }
  [[nodiscard]] const std::vector<CatalogPrecision>& precisions() const { return precisions_.items(); }
  [[nodiscard]] const std::vector<CatalogPreset>& presets() const { return presets_.items(); }
  [[nodiscard]] const std::vector<CatalogSlo>& slos() const { return slos_.items(); }
  [[nodiscard]] const std::vector<CatalogRoutingPolicy>& routing_policies() const { return routing_.items(); }
  [[nodiscard]] const std::vector<PlantRecord>& plants() const { return plants_.items(); }
  [[nodiscard]] const std::vector<Ladder>& ladders() const { return ladders_; }

 private:
  Catalog() = default;
  Status add(const CatalogFile& file, const struct RecordFolder& folder, const class SchemaCheck* schema);
  [[nodiscard]] Status check_references() const;
  void sort();

  Shelf<CatalogDevice> devices_{"device"};
  Shelf<CatalogModel> models_{"model"};
  Shelf<CatalogRuntime> runtimes_{"runtime"};
  Shelf<CatalogPrecision> precisions_{"precision"};
  Shelf<CatalogPreset> presets_{"preset"};
  Shelf<CatalogSlo> slos_{"service level"};
  Shelf<CatalogRoutingPolicy> routing_{"routing policy"};
  Shelf<PlantRecord> plants_{"simulated machine"};
  std::vector<Ladder> ladders_;
};

}  // namespace hearth
