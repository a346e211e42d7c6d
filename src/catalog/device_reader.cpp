#include "catalog/json_fields.h"
#include "catalog/record_readers.h"

namespace hearth {
namespace {

CatalogCpu read_cpu(const nlohmann::json& json) {
  CatalogCpu cpu;
  read_field(json, "model", cpu.model);
  read_field(json, "isa", cpu.isa);
  read_field(json, "assumed", cpu.assumed);
  for (const auto& item : object_field(json, "cores")) {
    CatalogCores& cores = cpu.cores.emplace_back();
    read_field(item, "kind", cores.kind);
    read_field(item, "count", cores.count);
    read_field(item, "threads_per_core", cores.threads_per_core);
    read_field(item, "max_ghz", cores.max_ghz);
  }
  return cpu;
}

CatalogMemory read_memory(const nlohmann::json& json) {
  CatalogMemory memory;
  read_field(json, "total_bytes", memory.total_bytes);
  read_field(json, "options_bytes", memory.options_bytes);
  read_field(json, "type", memory.type);
  read_field(json, "bandwidth_GBps", memory.bandwidth_GBps);
  read_field(json, "bandwidth_provenance", memory.bandwidth_provenance);
  read_field(json, "sustained_GBps", memory.sustained_GBps);
  return memory;
}

CatalogAccelerator read_accelerator(const nlohmann::json& json) {
  CatalogAccelerator accelerator;
  read_field(json, "kind", accelerator.kind);
  read_field(json, "name", accelerator.name);
  read_field(json, "count", accelerator.count);
  read_field(json, "memory_bytes", accelerator.memory_bytes);
  read_field(json, "max_working_set_bytes", accelerator.max_working_set_bytes);
  read_field(json, "bandwidth_GBps", accelerator.bandwidth_GBps);
  read_field(json, "compute_capability", accelerator.compute_capability);
  read_field(json, "backends", accelerator.backends);
  const auto& compute = object_field(json, "compute");
  CatalogCompute& out = accelerator.compute;
  read_field(compute, "fp32_tflops", out.fp32_tflops);
  read_field(compute, "fp16_tflops", out.fp16_tflops);
  read_field(compute, "bf16_tflops", out.bf16_tflops);
  read_field(compute, "fp8_tflops", out.fp8_tflops);
  read_field(compute, "fp4_tflops", out.fp4_tflops);
  read_field(compute, "int8_tops", out.int8_tops);
  read_field(compute, "int4_tops", out.int4_tops);
  read_field(compute, "int8_sparse_tops", out.int8_sparse_tops);
  read_field(compute, "fp4_sparse_tflops", out.fp4_sparse_tflops);
  return accelerator;
}

CatalogPower read_power(const nlohmann::json& json) {
  CatalogPower power;
  read_field(json, "idle_w", power.idle_w);
  read_field(json, "tdp_w", power.tdp_w);
  read_field(json, "load_w", power.load_w);
  read_field(json, "supply_w", power.supply_w);
  read_field(json, "battery", power.battery);
  for (const auto& item : object_field(json, "modes")) {
    CatalogPowerMode& mode = power.modes.emplace_back();
    read_field(item, "name", mode.name);
    read_field(item, "watts", mode.watts);
  }
  return power;
}

}  // namespace

Result<CatalogDevice> read_device_record(const nlohmann::json& record) {
  CatalogDevice device;
  read_record_head(record, device);
  read_field(record, "vendor", device.vendor);
  read_field(record, "class", device.device_class);
  read_field(record, "preset_class", device.preset_class);
  device.cpu = read_cpu(object_field(record, "cpu"));
  device.memory = read_memory(object_field(record, "memory"));
  read_field(record, "unified_memory", device.unified_memory);
  for (const auto& item : object_field(record, "accelerators")) device.accelerators.push_back(read_accelerator(item));
  device.power = read_power(object_field(record, "power"));
  const auto& thermal = object_field(record, "thermal");
  read_field(thermal, "cooling", device.thermal.cooling);
  read_field(thermal, "throttle_c", device.thermal.throttle_c);
  read_field(thermal, "note", device.thermal.note);
  read_field(record, "os", device.os);
  read_field(record, "os_reserve_bytes", device.os_reserve_bytes);
  read_field(record, "measured", device.measured);
  if (device.os_reserve_bytes >= device.memory.total_bytes)
    return fail(ErrorCode::kInvalidData, "os_reserve_bytes leaves nothing of memory/total_bytes");
  return device;
}

}  // namespace hearth
