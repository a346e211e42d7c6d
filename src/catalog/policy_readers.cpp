#include <cmath>

#include "catalog/json_fields.h"
#include "catalog/record_readers.h"

namespace hearth {

Result<CatalogRuntime> read_runtime_record(const nlohmann::json& record) {
  CatalogRuntime runtime;
  read_record_head(record, runtime);
  read_field(record, "kind", runtime.kind);
  read_field(record, "licence", runtime.licence);
  read_field(record, "tables", runtime.tables);
  read_field(record, "choose_when", runtime.choose_when);
  read_field(record, "avoid_when", runtime.avoid_when);
  read_field(record, "install", runtime.install);
  for (const auto& item : object_field(record, "support")) {
    CatalogSupport& support = runtime.support.emplace_back();
    read_field(item, "os", support.os);
    read_field(item, "devices", support.devices);
    read_field(item, "formats", support.formats);
    read_field(item, "precisions", support.precisions);
    read_field(item, "modalities", support.modalities);
    read_field(item, "note", support.note);
  }
  return runtime;
}

Result<CatalogPrecision> read_precision_record(const nlohmann::json& record) {
  CatalogPrecision precision;
  read_record_head(record, precision);
  read_field(record, "group", precision.group);
  if (record.contains("block")) {
    CatalogBlock& block = precision.block.emplace();
    read_field(record["block"], "weights", block.weights);
    read_field(record["block"], "bytes", block.bytes);
    read_field(record["block"], "ggml_type", block.ggml_type);
  }
  read_field(record, "bits_per_weight", precision.bits_per_weight);
  read_field(record, "bits_provenance", precision.bits_provenance);
  read_field(record, "made_of", precision.made_of);
  read_field(record, "rung", precision.rung);
  read_field(record, "floor_for", precision.floor_for);
  read_field(record, "lossless_when", precision.lossless_when);
  read_field(record, "formats", precision.formats);
  read_field(record, "hardware", precision.hardware);
  for (const auto& item : object_field(record, "quality_loss")) {
    CatalogQualityLoss& loss = precision.quality_loss.emplace_back();
    read_field(item, "metric", loss.metric);
    read_field(item, "model", loss.model);
    read_field(item, "source", loss.source);
    read_field(item, "value", loss.value);
  }
  if (precision.bits_provenance != "block layout") return precision;
  if (!precision.block) return fail(ErrorCode::kInvalidData, "block is missing though bits_provenance names it");
  const double exact =
      8.0 * static_cast<double>(precision.block->bytes) / static_cast<double>(precision.block->weights);
  if (std::fabs(exact - precision.bits_per_weight) > 1e-6)
    return fail(ErrorCode::kInvalidData, "bits_per_weight is " + std::to_string(precision.bits_per_weight) +
                                             " and the block gives " + std::to_string(exact));
  return precision;
}

namespace {

CatalogSettings read_settings(const nlohmann::json& json) {
  CatalogSettings s;
  read_field(json, "runtime", s.runtime);
  read_field(json, "precision", s.precision);
  read_field(json, "device", s.device);
  read_field(json, "alternatives", s.alternatives);
  read_field(json, "threads", s.threads);
  read_field(json, "streams", s.streams);
  read_field(json, "prompt_batch", s.prompt_batch);
  read_field(json, "prompt_microbatch", s.prompt_microbatch);
  read_field(json, "decode_batch", s.decode_batch);
  read_field(json, "context_length", s.context_length);
  read_field(json, "gpu_layers", s.gpu_layers);
  read_field(json, "batch", s.batch);
  read_field(json, "prefix_cache_mib", s.prefix_cache_mib);
  read_field(json, "first_chunk_chars", s.first_chunk_chars);
  read_field(json, "kv_cache", s.kv_cache);
  read_field(json, "cache", s.cache);
  read_field(json, "flash_attention", s.flash_attention);
  read_field(json, "mmap", s.mmap);
  read_field(json, "mlock", s.mlock);
  read_field(json, "resolution", s.resolution);
  read_field(json, "chunk_ms", s.chunk_ms);
  read_field(json, "hop_ms", s.hop_ms);
  read_field(json, "frame_ms", s.frame_ms);
  const auto& power = object_field(json, "power");
  read_field(power, "mode", s.power.mode);
  read_field(power, "governor", s.power.governor);
  read_field(power, "limit_w", s.power.limit_w);
  read_field(power, "pause_above_c", s.power.pause_above_c);
  return s;
}

}  // namespace

Result<CatalogPreset> read_preset_record(const nlohmann::json& record) {
  CatalogPreset preset;
  read_record_head(record, preset);
  preset.name = preset.id;
  read_field(record, "device_class", preset.device_class);
  read_field(record, "workload", preset.workload);
  read_field(record, "devices", preset.devices);
  read_field(record, "models", preset.models);
  read_field(record, "verdict", preset.verdict);
  preset.settings = read_settings(object_field(record, "settings"));
  read_field(record, "avoid", preset.avoid);
  if (preset.id != preset.device_class + "." + preset.workload)
    return fail(ErrorCode::kInvalidData, "id should be " + preset.device_class + "." + preset.workload);
  return preset;
}

Result<CatalogSlo> read_slo_record(const nlohmann::json& record) {
  CatalogSlo slo;
  read_record_head(record, slo);
  read_field(record, "task", slo.task);
  read_field(record, "metric", slo.metric);
  read_field(record, "unit", slo.unit);
  read_field(record, "at_least", slo.at_least);
  read_field(record, "at_most", slo.at_most);
  read_field(record, "wish", slo.wish);
  read_field(record, "devices", slo.devices);
  read_field(record, "backends", slo.backends);
  read_field(record, "models", slo.models);
  for (const auto& [key, value] : object_field(record, "conditions").items())
    slo.conditions[key] = value.is_string() ? value.get<std::string>() : value.dump();
  if (slo.at_least && slo.at_most && *slo.at_least > *slo.at_most)
    return fail(ErrorCode::kInvalidData, "at_least is larger than at_most");
  return slo;
}

}  // namespace hearth
