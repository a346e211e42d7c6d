// Section 1: the machine, each value with where it comes from.
#include <fmt/format.h>

#include "base/display_text.h"
#include "base/units.h"
#include "report/document.h"
#include "report/figures.h"

namespace hearth {
namespace {

using Rows = std::vector<std::vector<std::string>>;

template <typename T, typename Show>
void add(Rows& rows, const std::string& part, const Known<T>& fact, Show show) {
  if (fact) rows.push_back({part, show(fact->value), provenance_text(fact->provenance, fact->spread)});
}

void add_text(Rows& rows, const std::string& part, const std::string& value) {
  if (!value.empty()) rows.push_back({part, one_line(value), ""});
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + one_line(word);
  return out;
}

const auto kText = [](const std::string& value) { return one_line(value); };
const auto kBytes = [](std::uint64_t value) { return format_bytes(value); };
const auto kCount = [](int value) { return std::to_string(value); };
const auto kBandwidth = [](double value) { return number_text(value) + " GB/s"; };
const auto kWatts = [](double value) { return number_text(value) + " W"; };

std::string core_kinds(const ProfileCpu& cpu) {
  std::string out;
  for (const auto& kind : cpu.kinds) {
    out += fmt::format("{}{} × {}", out.empty() ? "" : ", ", kind.count, one_line(kind.kind));
    if (kind.threads_per_core > 1) out += fmt::format(" with {} threads each", kind.threads_per_core);
    if (kind.max_ghz) out += fmt::format(" at {} GHz", number_text(*kind.max_ghz));
  }
  return out;
}

void add_cpu(Rows& rows, const ProfileCpu& cpu) {
  add(rows, "CPU", cpu.model, kText);
  add(rows, "CPU vendor", cpu.vendor, kText);
  add(rows, "CPU cores", cpu.cores, kCount);
  add(rows, "CPU threads", cpu.threads, kCount);
  add_text(rows, "Kinds of cores", core_kinds(cpu));
  add(rows, "Instruction sets", cpu.isa, [](const auto& words) { return joined(words); });
  for (const auto& cache : cpu.caches)
    add_text(rows, fmt::format("L{} cache", cache.level),
             fmt::format("{} × {}, {}", cache.count, format_bytes(cache.bytes), cache.type));
  if (cpu.numa.size() > 1) add_text(rows, "NUMA nodes", std::to_string(cpu.numa.size()));
  const auto rate = [](double value) { return number_text(value) + " TFLOP/s"; };
  add(rows, "CPU FP32 rate", cpu.f32_tflops, rate);
  add(rows, "CPU BF16 rate", cpu.bf16_tflops, rate);
  add(rows, "CPU INT8 rate", cpu.int8_tops, [](double value) { return number_text(value) + " TOP/s"; });
}

void add_memory(Rows& rows, const HardwareProfile& device) {
  const auto& memory = device.memory;
  add(rows, "Memory", memory.total_bytes, kBytes);
  add(rows, "Memory available", memory.available_bytes, kBytes);
  add(rows, "Memory type", memory.type, kText);
  add(rows, "Memory bus", memory.bus_bandwidth_GBps, kBandwidth);
  add(rows, "Memory read, all threads", memory.read_bandwidth_GBps, kBandwidth);
  add(rows, "Memory read, one thread", memory.read_bandwidth_one_thread_GBps, kBandwidth);
  if (device.os_reserve_bytes.value > 0)
    rows.push_back({"Kept for the system", format_bytes(device.os_reserve_bytes.value),
                    provenance_text(device.os_reserve_bytes.provenance)});
}

std::string peak_rates(const CatalogCompute& compute) {
  std::string out;
  const auto one = [&](const char* name, const std::optional<double>& value, const char* unit) {
    if (value) out += fmt::format("{}{} {} {}", out.empty() ? "" : ", ", name, number_text(*value), unit);
  };
  one("FP32", compute.fp32_tflops, "TFLOP/s");
  one("FP16", compute.fp16_tflops, "TFLOP/s");
  one("BF16", compute.bf16_tflops, "TFLOP/s");
  one("FP8", compute.fp8_tflops, "TFLOP/s");
  one("INT8", compute.int8_tops, "TOP/s");
  return out;
}

void add_accelerator(Rows& rows, const ProfileAccelerator& accelerator) {
  const std::string id = one_line(accelerator.id);
  add(rows, id, accelerator.name, kText);
  add(rows, id + " driver", accelerator.driver, kText);
  add(rows, id + " compute capability", accelerator.compute_capability, kText);
  add(rows, id + " memory", accelerator.memory_bytes, kBytes);
  add(rows, id + " memory free", accelerator.free_bytes, kBytes);
  add(rows, id + " largest working set", accelerator.max_working_set_bytes, kBytes);
  if (accelerator.unified) add_text(rows, id + " memory", "shared with the CPU");
  add(rows, id + " bandwidth", accelerator.bandwidth_GBps, kBandwidth);
  if (const auto rates = peak_rates(accelerator.compute); !rates.empty())
    rows.push_back({id + " peak rates", rates, provenance_text(Provenance::kCatalogue)});
  add_text(rows, id + " backends", joined(accelerator.backends));
}

void add_surroundings(Rows& rows, const HardwareProfile& device) {
  for (const auto& disk : device.storage) {
    const std::string name = one_line(disk.name);
    add_text(rows, "Storage " + name, disk.kind);
    add(rows, "Storage " + name + " free", disk.free_bytes, kBytes);
    add(rows, "Storage " + name + " sequential read", disk.sequential_read_GBps, kBandwidth);
    add(rows, "Storage " + name + " 4 KiB random reads", disk.random_read_4k_iops,
        [](double value) { return number_text(value) + " a second"; });
  }
  add(rows, "CPU limit, " + one_line(device.limits.source), device.limits.cpu_cores,
      [](double value) { return number_text(value) + " cores"; });
  add(rows, "Memory limit, " + one_line(device.limits.source), device.limits.memory_bytes, kBytes);
  const auto& power = device.power;
  add(rows, "Power idle", power.idle_w, kWatts);
  add(rows, "Power under load", power.load_w, kWatts);
  add(rows, "Thermal design power", power.tdp_w, kWatts);
  add(rows, "On mains", power.on_ac, [](bool value) { return std::string(value ? "yes" : "no"); });
  add(rows, "Battery", power.battery_percent, [](double value) { return number_text(value) + " %"; });
  add_text(rows, "Power mode", power.mode);
  add_text(rows, "Cooling", device.thermal.cooling);
  if (device.thermal.throttle_c)
    rows.push_back(
        {"Throttles at", number_text(*device.thermal.throttle_c) + " °C", provenance_text(Provenance::kCatalogue)});
  for (const auto& sensor : device.sensors)
    if (sensor.value)
      rows.push_back({"Sensor " + one_line(sensor.name), one_line(number_text(sensor.value->value) + " " + sensor.unit),
                      provenance_text(sensor.value->provenance)});
}

ReportTable pools_table(const Plan& plan) {
  ReportTable table{"Memory pools", {"Pool", "Capacity", "Reserved", "Budget", "Planned", "Free after"}, {}};
  for (const auto& pool : plan.pools) {
    const std::string left =
        pool.planned_bytes <= pool.budget_bytes ? format_bytes(pool.budget_bytes - pool.planned_bytes) : "over budget";
    table.rows.push_back({one_line(pool.pool), format_bytes(pool.capacity_bytes), format_bytes(pool.reserved_bytes),
                          format_bytes(pool.budget_bytes), format_bytes(pool.planned_bytes), left});
  }
  return table;
}

}  // namespace

ReportBlocks hardware_audit_blocks(const Plan& plan) {
  const auto& device = plan.device;
  ReportTable table{"Machine", {"Part", "Value", "Where it comes from"}, {}};
  const std::string source = device.source == "probe"  ? "read from the system"
                             : device.source == "file" ? "given profile"
                                                       : "catalogue";
  table.rows.push_back({"Machine", one_line(device.name), source});
  add_text(table.rows, "System", device.os + " " + device.architecture);
  add(table.rows, "System version", device.os_version, kText);
  add(table.rows, "Kernel", device.kernel, kText);
  add_text(table.rows, "Runs inside", device.virtualisation);
  add_cpu(table.rows, device.cpu);
  add_memory(table.rows, device);
  for (const auto& accelerator : device.accelerators) add_accelerator(table.rows, accelerator);
  add_surroundings(table.rows, device);
  for (auto& row : table.rows)
    if (row[2].empty()) row[2] = source;  // what has no provenance of its own
  ReportBlocks blocks{table, pools_table(plan)};
  ReportList skipped;
  for (const auto& skip : device.skipped)
    skipped.items.push_back(fmt::format("{}: {}", one_line(skip.what), one_line(skip.reason)));
  if (!skipped.items.empty()) {
    blocks.emplace_back(ReportHeading{"Not known"});
    blocks.emplace_back(skipped);
  }
  return blocks;
}

}  // namespace hearth
