#include "catalog/catalog.h"

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "catalog/json_fields.h"
#include "catalog/record_readers.h"
#include "catalog/schema_check.h"

namespace hearth {

// A folder below data/, or the one file of a kind, and the schema of its records.
struct RecordFolder {
  enum class Kind { kDevice, kModel, kRuntime, kPrecision, kPreset, kSlo, kRouting, kPlant, kLadders };
  std::string_view prefix;
  std::string_view schema;
  Kind kind;
};

namespace {

using Kind = RecordFolder::Kind;

constexpr std::array kFolders = {
    RecordFolder{"devices/", "schemas/device.schema.json", Kind::kDevice},
    RecordFolder{"models/", "schemas/model.schema.json", Kind::kModel},
    RecordFolder{"runtimes/", "schemas/runtime.schema.json", Kind::kRuntime},
    RecordFolder{"precisions/", "schemas/precision.schema.json", Kind::kPrecision},
    RecordFolder{"presets/", "schemas/preset.schema.json", Kind::kPreset},
    RecordFolder{"policies/slo/", "schemas/slo.schema.json", Kind::kSlo},
    RecordFolder{"policies/routing/", "schemas/routing.schema.json", Kind::kRouting},
    RecordFolder{"plants/", "schemas/plant.schema.json", Kind::kPlant},
    RecordFolder{"policies/ladders.json", "schemas/ladders.schema.json", Kind::kLadders},
};

const RecordFolder* folder_of(std::string_view path) {
  if (!path.ends_with(".json")) return nullptr;
  for (const RecordFolder& folder : kFolders)
    if (path.starts_with(folder.prefix)) return &folder;
  return nullptr;
}

// Says which file an error is about.
Unexpected in_file(const CatalogFile& file, Error error) {
  error.message = "the catalogue record " + file.path + " is not usable: " + error.message;
  if (error.hint.empty()) error.hint = "repair or remove that file";
  return fail(std::move(error).with("path", file.path));
}

template <class Record>
Status add_to(Shelf<Record>& shelf, Result<Record> record, const CatalogFile& file) {
  if (!record) return in_file(file, std::move(record).error());
  const std::string expected = record->id + ".json";
  if (!file.path.ends_with("/" + expected))
    return in_file(file,
                   Error(ErrorCode::kInvalidData, "its id '" + record->id + "' asks for the file name " + expected));
  if (auto added = shelf.add(std::move(*record)); !added) return in_file(file, std::move(added).error());
  return {};
}

using Schemas = std::map<std::string_view, SchemaCheck>;

Result<Schemas> compile_schemas(std::span<const CatalogFile> files) {
  Schemas schemas;
  for (const CatalogFile& file : files)
    for (const RecordFolder& folder : kFolders)
      if (file.path == folder.schema) {
        HEARTH_ASSIGN(schema, SchemaCheck::compile(file.path, file.text));
        schemas.insert_or_assign(folder.schema, std::move(schema));
      }
  return schemas;
}

}  // namespace

Result<Catalog> Catalog::load(std::span<const CatalogFile> files, CatalogCheck check) {
  Schemas schemas;
  if (check == CatalogCheck::kSchema) {
    HEARTH_ASSIGN(compiled, compile_schemas(files));
    schemas = std::move(compiled);
  }
  Catalog catalog;
  for (const CatalogFile& file : files) {
    const RecordFolder* folder = folder_of(file.path);
    if (folder == nullptr) continue;
    const auto schema = schemas.find(folder->schema);
    if (check == CatalogCheck::kSchema && schema == schemas.end())
      return fail(ErrorCode::kNotFound, "the schema " + std::string(folder->schema) + " is missing for " + file.path,
                  "hand over the schemas together with the records");
    HEARTH_TRY(catalog.add(file, *folder, schema == schemas.end() ? nullptr : &schema->second));
  }
  catalog.sort();
  HEARTH_TRY(catalog.check_references());
  return catalog;
}

Status Catalog::add(const CatalogFile& file, const RecordFolder& folder, const SchemaCheck* schema) {
  const auto json = nlohmann::json::parse(file.text, nullptr, false);
  if (json.is_discarded()) return in_file(file, Error(ErrorCode::kInvalidData, "it is not JSON"));
  if (schema != nullptr)
    if (auto valid = schema->check(json); !valid) return in_file(file, std::move(valid).error());
  try {
    switch (folder.kind) {
      case Kind::kDevice: return add_to(devices_, read_device_record(json), file);
      case Kind::kModel: return add_to(models_, read_model_record(json), file);
      case Kind::kRuntime: return add_to(runtimes_, read_runtime_record(json), file);
      case Kind::kPrecision: return add_to(precisions_, read_precision_record(json), file);
      case Kind::kPreset: return add_to(presets_, read_preset_record(json), file);
      case Kind::kSlo: return add_to(slos_, read_slo_record(json), file);
      case Kind::kRouting: return add_to(routing_, read_routing_record(json), file);
      case Kind::kPlant: return add_to(plants_, read_plant_record(json), file);
      case Kind::kLadders: {
        auto ladders = read_ladders(json);
        if (!ladders) return in_file(file, std::move(ladders).error());
        ladders_ = std::move(ladders).value();
        return {};
      }
    }
  } catch (const FieldError& e) {
    return in_file(file, Error(ErrorCode::kInvalidData, e.message));
  } catch (const nlohmann::json::exception& e) {
    return in_file(file, Error(ErrorCode::kInvalidData, e.what()));
  }
  return {};
}

namespace {

// Every name in `names` is a record of `shelf`.
template <class Record>
Status all_known(const std::string& owner, const std::vector<std::string>& names, const Shelf<Record>& shelf) {
  for (const std::string& name : names)
    if (auto found = shelf.find(name); !found)
      return fail(ErrorCode::kInvalidData, owner + " points at an " + found.error().message, found.error().hint);
  return {};
}

}  // namespace

Status Catalog::check_references() const {
  for (const CatalogPreset& preset : presets_.items()) {
    const std::string owner = "the preset " + preset.id;
    HEARTH_TRY(all_known(owner, preset.devices, devices_));
    HEARTH_TRY(all_known(owner, preset.models, models_));
    HEARTH_TRY(all_known(owner, {preset.settings.runtime}, runtimes_));
    HEARTH_TRY(all_known(owner, preset.settings.alternatives, runtimes_));
    HEARTH_TRY(all_known(owner, {preset.settings.precision}, precisions_));
    if (!preset.settings.kv_cache.empty()) HEARTH_TRY(all_known(owner, {preset.settings.kv_cache}, precisions_));
  }
  for (const CatalogSlo& slo : slos_.items()) {
    HEARTH_TRY(all_known("the service level " + slo.id, slo.devices, devices_));
    HEARTH_TRY(all_known("the service level " + slo.id, slo.models, models_));
  }
  for (const PlantRecord& plant : plants_.items())
    HEARTH_TRY(all_known("the simulated machine " + plant.id, {plant.device}, devices_));
  for (const CatalogModel& model : models_.items())
    HEARTH_TRY(all_known("the model " + model.id, model.companions, models_));
  for (const CatalogRuntime& runtime : runtimes_.items())
    for (const CatalogSupport& support : runtime.support)
      HEARTH_TRY(all_known("the runtime " + runtime.id, support.precisions, precisions_));
  return {};
}

void Catalog::sort() {
  devices_.sort();
  models_.sort();
  runtimes_.sort();
  precisions_.sort();
  presets_.sort();
  slos_.sort();
  routing_.sort();
  plants_.sort();
}

Result<const CatalogPreset*> Catalog::preset(std::string_view device_class, std::string_view workload) const {
  return presets_.find(std::string(device_class) + "." + std::string(workload));
}

Result<const Ladder*> Catalog::ladder(Modality modality, std::string_view device_class) const {
  const Ladder* general = nullptr;
  for (const Ladder& ladder : ladders_) {
    if (ladder.modality != modality) continue;
    if (ladder.device_classes.empty()) general = &ladder;
    if (std::ranges::find(ladder.device_classes, device_class) != ladder.device_classes.end()) return &ladder;
  }
  if (general != nullptr) return general;
  return fail(ErrorCode::kNotFound,
              "no ladder of '" + std::string(modality_name(modality)) + "' is for a device of class '" +
                  std::string(device_class) + "'",
              "add one to policies/ladders.json");
}

const CatalogPrecision* Catalog::floor_of(std::string_view use) const {
  for (const CatalogPrecision& precision : precisions_.items())
    for (const std::string& floor : precision.floor_for)
      if (floor == use) return &precision;
  return nullptr;
}

}  // namespace hearth
