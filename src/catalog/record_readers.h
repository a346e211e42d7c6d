// Turns a record that has passed its schema into a domain value.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

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

// Each: InvalidData where the record contradicts itself in a way a schema cannot say (a layer too many, heads that
// don't divide), with the place and what was found. A record that has not passed its schema may throw
// nlohmann::json::exception.
Result<CatalogDevice> read_device_record(const nlohmann::json& record);
Result<CatalogModel> read_model_record(const nlohmann::json& record);
Result<CatalogRuntime> read_runtime_record(const nlohmann::json& record);
Result<CatalogPrecision> read_precision_record(const nlohmann::json& record);
Result<CatalogPreset> read_preset_record(const nlohmann::json& record);
Result<CatalogSlo> read_slo_record(const nlohmann::json& record);
Result<CatalogRoutingPolicy> read_routing_record(const nlohmann::json& record);
Result<PlantRecord> read_plant_record(const nlohmann::json& record);
// All ladders of data/policies/ladders.json, each passed by check_ladder().
Result<std::vector<Ladder>> read_ladders(const nlohmann::json& record);

}  // namespace hearth
