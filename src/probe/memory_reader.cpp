#include "probe/memory_reader.h"

#include <algorithm>
#include <array>
#include <map>

namespace hearth {
namespace {

constexpr std::int64_t kKibMax = std::int64_t{1} << 50;

Known<std::uint64_t> meminfo_bytes(const std::string& meminfo, const char* key) {
  const auto kib = leading_integer(value_of(meminfo, key));
  if (!kib || *kib <= 0 || *kib > kKibMax) return std::nullopt;
  return Fact<std::uint64_t>{static_cast<std::uint64_t>(*kib) * 1024};
}

const char* smbios_type_name(std::uint8_t type) {
  switch (type) {
    case 0x12: return "DDR";
    case 0x13: return "DDR2";
    case 0x18: return "DDR3";
    case 0x1a: return "DDR4";
    case 0x1b: return "LPDDR";
    case 0x1c: return "LPDDR2";
    case 0x1d: return "LPDDR3";
    case 0x1e: return "LPDDR4";
    case 0x20: return "HBM";
    case 0x21: return "HBM2";
    case 0x22: return "DDR5";
    case 0x23: return "LPDDR5";
    case 0x24: return "HBM3";
    default: return nullptr;
  }
}

// One structure of type 17, formatted part only: type and configured speed of a populated slot, or empty.
std::string memory_device_type(std::string_view structure) {
  const auto byte = [&](std::size_t at) {
    return static_cast<std::uint8_t>(at < structure.size() ? structure[at] : 0);
  };
  const auto word = [&](std::size_t at) { return static_cast<unsigned>(byte(at) | byte(at + 1) << 8); };
  const char* name = smbios_type_name(byte(0x12));
  if (name == nullptr || word(0x0c) == 0) return {};  // an empty slot has size 0
  unsigned speed = word(0x20);                        // configured; else what the module could do
  if (speed == 0 || speed == 0xffff) speed = word(0x15);
  return speed == 0 || speed == 0xffff ? std::string(name) : std::string(name) + "-" + std::to_string(speed);
}

// "Registered-DDR5" of the controller's driver as "DDR5 registered".
std::string controller_memory_type(const SystemTree& tree) {
  const std::string folder = "sys/devices/system/edac/mc/";
  for (const auto& [number, controller] : tree.numbered(folder, "mc"))
    for (const auto& [slot, name] : tree.numbered(folder + controller, "dimm")) {
      auto type = tree.text(folder + controller + "/" + name + "/dimm_mem_type").value_or(std::string());
      if (type.empty() || type == "Unknown" || type == "Reserved") continue;
      for (const char* prefix : {"Registered-", "Unbuffered-"})
        if (type.starts_with(prefix)) return type.substr(11) + (prefix[0] == 'R' ? " registered" : "");
      return type;
    }
  return {};
}

}  // namespace

std::string smbios_memory_type(std::string_view table) {
  std::map<std::string, int> modules;
  while (table.size() >= 4) {
    const auto length = static_cast<std::uint8_t>(table[1]);
    if (length < 4 || length > table.size()) break;
    if (table[0] == 17)
      if (auto type = memory_device_type(table.substr(0, length)); !type.empty()) ++modules[type];
    // The strings of a structure end with two NUL bytes.
    const auto end = table.find(std::string_view("\0\0", 2), length);
    if (end == std::string_view::npos) break;
    table.remove_prefix(end + 2);
  }
  const auto most = std::max_element(modules.begin(), modules.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == modules.end()) return {};
  return most->first + ", " + std::to_string(most->second) + (most->second == 1 ? " module" : " modules");
}

ProfileMemory read_memory(const SystemTree& tree) {
  ProfileMemory memory;
  const auto meminfo = tree.text("proc/meminfo").value_or(std::string());
  memory.total_bytes = meminfo_bytes(meminfo, "MemTotal");
  memory.available_bytes = meminfo_bytes(meminfo, "MemAvailable");
  std::string type;
  if (const auto table = tree.bytes("sys/firmware/dmi/tables/DMI")) type = smbios_memory_type(*table);
  if (type.empty()) type = controller_memory_type(tree);
  if (!type.empty()) memory.type = Fact<std::string>{type};
  return memory;
}

}  // namespace hearth
