// The fields of a profile document, named once for writing and for reading. `Archive` is JsonWriter or JsonReader:
// text, flag, number, fact, facts, leaf, list, object each take a key and the member.
#pragma once

#include "domain/hardware_profile.h"

namespace hearth {

template <class Archive>
void visit(Archive& at, ProfileCores& cores) {
  at.text("kind", cores.kind);
  at.leaf("count", cores.count, "cores");
  at.leaf("threads_per_core", cores.threads_per_core, "threads");
  at.leaf("max_ghz", cores.max_ghz, "GHz");
}

template <class Archive>
void visit(Archive& at, ProfileCache& cache) {
  at.leaf("level", cache.level, "");
  at.text("type", cache.type);
  at.leaf("bytes", cache.bytes, "B");
  at.leaf("shared_by_threads", cache.shared_by_threads, "threads");
  at.leaf("count", cache.count, "caches");
}

template <class Archive>
void visit(Archive& at, ProfileNumaNode& node) {
  at.leaf("id", node.id, "");
  at.leaf("memory_bytes", node.memory_bytes, "B");
  at.text("cpus", node.cpus);
  at.leaf("distances", node.distances, "10 = local");
}

template <class Archive>
void visit(Archive& at, ProfileCpu& cpu) {
  at.fact("vendor", cpu.vendor, "");
  at.fact("model", cpu.model, "");
  at.fact("cores", cpu.cores, "cores");
  at.fact("threads", cpu.threads, "threads");
  at.fact("packages", cpu.packages, "packages");
  at.words("isa", cpu.isa);
  at.list("kinds", cpu.kinds, cpu.cores ? cpu.cores->provenance : Provenance::kSystem);
  at.list("caches", cpu.caches, Provenance::kSystem);
  at.list("numa", cpu.numa, Provenance::kSystem);
  at.fact("f32_tflops", cpu.f32_tflops, "TFLOPS");
  at.fact("bf16_tflops", cpu.bf16_tflops, "TFLOPS");
  at.fact("int8_tops", cpu.int8_tops, "TOPS");
}

template <class Archive>
void visit(Archive& at, ProfileMemory& memory) {
  at.fact("total_bytes", memory.total_bytes, "B");
  at.fact("available_bytes", memory.available_bytes, "B");
  at.fact("type", memory.type, "");
  at.fact("bus_bandwidth_GBps", memory.bus_bandwidth_GBps, "GB/s");
  at.fact("read_bandwidth_GBps", memory.read_bandwidth_GBps, "GB/s");
  at.fact("read_bandwidth_one_thread_GBps", memory.read_bandwidth_one_thread_GBps, "GB/s");
}

template <class Archive>
void visit(Archive& at, CatalogCompute& compute) {
  at.leaf("fp32_tflops", compute.fp32_tflops, "TFLOPS");
  at.leaf("fp16_tflops", compute.fp16_tflops, "TFLOPS");
  at.leaf("bf16_tflops", compute.bf16_tflops, "TFLOPS");
  at.leaf("fp8_tflops", compute.fp8_tflops, "TFLOPS");
  at.leaf("fp4_tflops", compute.fp4_tflops, "TFLOPS");
  at.leaf("int8_tops", compute.int8_tops, "TOPS");
  at.leaf("int4_tops", compute.int4_tops, "TOPS");
  at.leaf("int8_sparse_tops", compute.int8_sparse_tops, "TOPS");
  at.leaf("fp4_sparse_tflops", compute.fp4_sparse_tflops, "TFLOPS");
}

template <class Archive>
void visit(Archive& at, ProfileAccelerator& device) {
  at.text("id", device.id);
  at.text("kind", device.kind);
  at.text("vendor", device.vendor);
  at.fact("name", device.name, "");
  at.fact("driver", device.driver, "");
  at.fact("compute_capability", device.compute_capability, "");
  at.flag("unified", device.unified);
  at.fact("memory_bytes", device.memory_bytes, "B");
  at.fact("free_bytes", device.free_bytes, "B");
  at.fact("max_working_set_bytes", device.max_working_set_bytes, "B");
  at.fact("bandwidth_GBps", device.bandwidth_GBps, "GB/s");
  at.object("compute", device.compute, Provenance::kCatalogue);
  at.texts("backends", device.backends);
}

template <class Archive>
void visit(Archive& at, ProfileStorage& disk) {
  at.text("name", disk.name);
  at.text("kind", disk.kind);
  at.fact("model", disk.model, "");
  at.fact("total_bytes", disk.total_bytes, "B");
  at.fact("free_bytes", disk.free_bytes, "B");
  at.fact("sequential_read_GBps", disk.sequential_read_GBps, "GB/s");
  at.fact("random_read_4k_iops", disk.random_read_4k_iops, "1/s");
}

template <class Archive>
void visit(Archive& at, ProfileLimits& limits) {
  at.text("source", limits.source);
  at.fact("cpu_cores", limits.cpu_cores, "cores");
  at.fact("memory_bytes", limits.memory_bytes, "B");
  at.fact("swap_bytes", limits.swap_bytes, "B");
}

template <class Archive>
void visit(Archive& at, ProfileSensor& sensor) {
  at.text("kind", sensor.kind);
  at.text("name", sensor.name);
  at.text("unit", sensor.unit);
  at.fact("value", sensor.value, sensor.unit);
  at.text("text", sensor.text);
}

template <class Archive>
void visit(Archive& at, ProfilePower& power) {
  at.flag("battery", power.battery);
  at.fact("on_ac", power.on_ac, "");
  at.fact("battery_percent", power.battery_percent, "%");
  at.fact("idle_w", power.idle_w, "W");
  at.fact("load_w", power.load_w, "W");
  at.fact("tdp_w", power.tdp_w, "W");
  at.fact("supply_w", power.supply_w, "W");
  at.text("mode", power.mode);
}

template <class Archive>
void visit(Archive& at, CatalogThermal& thermal) {
  at.text("cooling", thermal.cooling);
  at.leaf("throttle_c", thermal.throttle_c, "degC");
  at.text("note", thermal.note);
}

template <class Archive>
void visit(Archive& at, ProfileSkip& skip) {
  at.text("what", skip.what);
  at.text("reason", skip.reason);
}

template <class Archive>
void visit(Archive& at, HardwareProfile& profile) {
  at.text("id", profile.id);
  at.text("name", profile.name);
  at.text("source", profile.source);
  at.text("device_class", profile.device_class);
  at.text("preset_class", profile.preset_class);
  at.text("os", profile.os);
  at.text("architecture", profile.architecture);
  at.fact("os_version", profile.os_version, "");
  at.fact("kernel", profile.kernel, "");
  at.text("virtualisation", profile.virtualisation);
  at.object("cpu", profile.cpu, Provenance::kSystem);
  at.object("memory", profile.memory, Provenance::kSystem);
  at.flag("unified_memory", profile.unified_memory);
  at.accelerators(profile.accelerators);
  at.list("storage", profile.storage, Provenance::kSystem);
  at.object("limits", profile.limits, Provenance::kSystem);
  at.list("sensors", profile.sensors, Provenance::kSystem);
  at.object("power", profile.power, Provenance::kSystem);
  at.object("thermal", profile.thermal, Provenance::kCatalogue);
  at.fact("os_reserve_bytes", profile.os_reserve_bytes, "B");
  at.list("skipped", profile.skipped, Provenance::kSystem);
}

}  // namespace hearth
