#include "cli/probe_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "base/units.h"

namespace hearth::cli {
namespace {

struct Row {
  std::string what, value, from;
};
using Rows = std::vector<Row>;

std::string from(Provenance provenance, const std::optional<double>& spread) {
  switch (provenance) {
    case Provenance::kMeasured:
      return spread ? fmt::format("measured, spread {:.1f} %", *spread * 100) : std::string("measured");
    case Provenance::kSystem: return "read";
    case Provenance::kCatalogue: return "catalogue";
    case Provenance::kAssumed: return "assumed";
  }
  return {};
}

template <class T>
std::string from(const Fact<T>& fact) {
  return from(fact.provenance, fact.spread);
}

// A row when the value is known.
template <class T, class Format>
void add(Rows& rows, const char* what, const Known<T>& known, const Format& format) {
  if (known) rows.push_back({what, format(known->value), from(*known)});
}
void add(Rows& rows, const char* what, const Known<std::string>& known) {
  add(rows, what, known, [](const std::string& value) { return value; });
}
void add_bytes(Rows& rows, const char* what, const Known<std::uint64_t>& known) {
  add(rows, what, known, format_bytes);
}
void add_rate(Rows& rows, const char* what, const Known<double>& known, const char* unit, int digits = 1) {
  add(rows, what, known, [&](double value) { return fmt::format("{:.{}f} {}", value, digits, unit); });
}

std::string join(const std::vector<std::string>& words, const char* between) {
  return fmt::format("{}", fmt::join(words, between));
}

Rows machine_rows(const HardwareProfile& profile) {
  Rows rows;
  if (!profile.id.empty()) rows.push_back({"known as", profile.id, "catalogue"});
  add(rows, "system", profile.os_version);
  add(rows, "kernel", profile.kernel);
  if (!profile.virtualisation.empty()) rows.push_back({"runs in", profile.virtualisation, "read"});
  return rows;
}

std::string describe(const ProfileCores& cores) {
  std::string text = fmt::format("{} x {}", cores.count, cores.kind);
  if (cores.threads_per_core > 1) text += fmt::format(", {} threads each", cores.threads_per_core);
  if (cores.max_ghz) text += fmt::format(", up to {:.1f} GHz", *cores.max_ghz);
  return text;
}

Rows cpu_rows(const ProfileCpu& cpu) {
  Rows rows;
  add(rows, "model", cpu.model);
  if (cpu.cores && cpu.threads) {
    std::string text = fmt::format("{} cores, {} threads", cpu.cores->value, cpu.threads->value);
    if (cpu.packages && cpu.packages->value > 1) text += fmt::format(", {} packages", cpu.packages->value);
    rows.push_back({"cores", text, from(*cpu.cores)});
  }
  for (const auto& kind : cpu.kinds)
    if (cpu.cores && (cpu.kinds.size() > 1 || kind.max_ghz || kind.kind != "core"))
      rows.push_back({"", describe(kind), from(*cpu.cores)});
  add(rows, "instructions", cpu.isa, [](const auto& words) { return join(words, " "); });
  std::map<std::pair<int, std::uint64_t>, int> counts;  // by level and size, whoever shares them
  for (const auto& cache : cpu.caches)
    if (cache.type != "instruction") counts[{cache.level, cache.bytes}] += cache.count;
  std::vector<std::string> caches;
  for (const auto& [kind, count] : counts)
    caches.push_back(
        fmt::format("L{} {}{}", kind.first, count > 1 ? fmt::format("{} x ", count) : "", format_bytes(kind.second)));
  if (!caches.empty()) rows.push_back({"caches", join(caches, ", "), "read"});
  if (cpu.numa.size() > 1)
    for (const auto& node : cpu.numa)
      rows.push_back({fmt::format("node {}", node.id),
                      fmt::format("{}, CPUs {}, distances {}", format_bytes(node.memory_bytes), node.cpus,
                                  fmt::join(node.distances, " ")),
                      "read"});
  add_rate(rows, "int8", cpu.int8_tops, "TOPS", 2);
  add_rate(rows, "bf16", cpu.bf16_tflops, "TFLOPS", 2);
  add_rate(rows, "f32", cpu.f32_tflops, "TFLOPS", 2);
  return rows;
}

Rows memory_rows(const HardwareProfile& profile) {
  const auto& memory = profile.memory;
  Rows rows;
  add_bytes(rows, "total", memory.total_bytes);
  add_bytes(rows, "available", memory.available_bytes);
  add(rows, "type", memory.type);
  add_rate(rows, "bus", memory.bus_bandwidth_GBps, "GB/s");
  add_rate(rows, "read, all threads", memory.read_bandwidth_GBps, "GB/s");
  add_rate(rows, "read, one thread", memory.read_bandwidth_one_thread_GBps, "GB/s");
  rows.push_back({"kept for the system", format_bytes(profile.os_reserve_bytes.value), from(profile.os_reserve_bytes)});
  return rows;
}

Rows accelerator_rows(const ProfileAccelerator& device) {
  Rows rows;
  add(rows, "name", device.name);
  add(rows, "driver", device.driver);
  add(rows, "compute capability", device.compute_capability);
  add_bytes(rows, "memory", device.memory_bytes);
  add_bytes(rows, "free", device.free_bytes);
  if (device.unified) rows.push_back({"memory", "the machine's", "read"});
  add_bytes(rows, "most it may use", device.max_working_set_bytes);
  add_rate(rows, "bandwidth", device.bandwidth_GBps, "GB/s");
  const auto compute = [&](const char* what, const std::optional<double>& value, const char* unit) {
    if (value) rows.push_back({what, fmt::format("{:g} {}", *value, unit), "catalogue"});
  };
  compute("int8", device.compute.int8_tops, "TOPS");
  compute("f16", device.compute.fp16_tflops, "TFLOPS");
  compute("f32", device.compute.fp32_tflops, "TFLOPS");
  if (!device.backends.empty()) rows.push_back({"backends", join(device.backends, " "), ""});
  return rows;
}

Rows storage_rows(const ProfileStorage& disk) {
  Rows rows;
  rows.push_back({"kind", disk.kind, "read"});
  add(rows, "model", disk.model);
  add_bytes(rows, "size", disk.total_bytes);
  add_bytes(rows, "free", disk.free_bytes);
  add_rate(rows, "sequential read", disk.sequential_read_GBps, "GB/s", 2);
  add_rate(rows, "4 KiB random read", disk.random_read_4k_iops, "/s", 0);
  return rows;
}

Rows limit_rows(const ProfileLimits& limits) {
  Rows rows;
  add_rate(rows, "CPUs", limits.cpu_cores, "");
  add_bytes(rows, "memory", limits.memory_bytes);
  add_bytes(rows, "swap", limits.swap_bytes);
  return rows;
}

std::string describe(const ProfileSensor& sensor) {
  if (!sensor.value) return sensor.text;
  const double value = sensor.value->value;
  if (sensor.kind == "ac") return value > 0 ? "on" : "off";
  const std::string unit = sensor.unit == "1/min" ? "rpm" : sensor.unit == "count" ? "times" : sensor.unit;
  return fmt::format("{:.{}f} {}", value, value == std::floor(value) || value >= 1000 ? 0 : 2, unit);
}

Rows sensor_rows(const HardwareProfile& profile) {
  Rows rows;
  for (const auto& sensor : profile.sensors) rows.push_back({sensor.name, describe(sensor), sensor.kind});
  return rows;
}

Rows power_rows(const HardwareProfile& profile) {
  const auto& power = profile.power;
  Rows rows;
  add_rate(rows, "idle", power.idle_w, "W");
  add_rate(rows, "under load", power.load_w, "W");
  add_rate(rows, "designed for", power.tdp_w, "W");
  add_rate(rows, "supply", power.supply_w, "W");
  if (profile.thermal.throttle_c)
    rows.push_back({"throttles at", fmt::format("{:g} degC", *profile.thermal.throttle_c), "catalogue"});
  return rows;
}

struct Block {
  std::string title;
  Rows rows;
};

std::vector<Block> blocks_of(const HardwareProfile& profile) {
  std::vector<Block> blocks = {
      {"", machine_rows(profile)}, {"CPU", cpu_rows(profile.cpu)}, {"Memory", memory_rows(profile)}};
  for (const auto& device : profile.accelerators) {
    std::string title = device.id;
    std::transform(title.begin(), title.begin() + 3, title.begin(), [](unsigned char c) { return std::toupper(c); });
    blocks.push_back({title, accelerator_rows(device)});
  }
  for (const auto& disk : profile.storage) blocks.push_back({"Disk " + disk.name, storage_rows(disk)});
  blocks.push_back(
      {"Limits" + (profile.limits.source.empty() ? "" : " of " + profile.limits.source), limit_rows(profile.limits)});
  blocks.push_back({"Power", power_rows(profile)});
  blocks.push_back({"Sensors", sensor_rows(profile)});
  return blocks;
}

}  // namespace

std::string probe_report(const Output& out, const HardwareProfile& profile) {
  const auto blocks = blocks_of(profile);
  std::size_t what_width = 0;
  std::size_t value_width = 0;
  constexpr std::size_t kValueWidthMax = 56;
  for (const auto& block : blocks)
    for (const auto& row : block.rows) {
      what_width = std::max(what_width, row.what.size());
      if (row.value.size() <= kValueWidthMax) value_width = std::max(value_width, row.value.size());
    }
  std::string text = out.bold(profile.name) + "\n";
  for (const auto& block : blocks) {
    if (block.rows.empty()) continue;
    if (!block.title.empty()) text += "\n" + out.bold(block.title) + "\n";
    for (const auto& row : block.rows)
      text += fmt::format("  {:<{}}  {:<{}}  {}\n", row.what, what_width, row.value, value_width, out.dim(row.from));
  }
  if (!profile.skipped.empty()) text += "\n" + out.bold("Not known") + "\n";
  for (const auto& skip : profile.skipped) text += fmt::format("  {}: {}\n", skip.what, skip.reason);
  return text;
}

}  // namespace hearth::cli
