#include "probe/cpu_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

namespace hearth {
namespace {

std::string field(const CpuInfoEntry& entry, const char* name) {
  const auto at = entry.find(name);
  return at == entry.end() ? std::string() : at->second;
}

struct IsaWord {
  const char* flag;  // as the kernel prints it
  const char* word;  // as the catalogue's records say it
};

constexpr std::array kIsaX86 = {IsaWord{"lm", "x86_64"},
                                IsaWord{"avx", "avx"},
                                IsaWord{"avx2", "avx2"},
                                IsaWord{"avx_vnni", "avx_vnni"},
                                IsaWord{"avx512f", "avx512"},
                                IsaWord{"avx512_vnni", "avx512_vnni"},
                                IsaWord{"avx512_bf16", "avx512_bf16"},
                                IsaWord{"amx_int8", "amx_int8"},
                                IsaWord{"amx_bf16", "amx_bf16"}};
constexpr std::array kIsaArm = {IsaWord{"asimd", "neon"}, IsaWord{"asimdhp", "fp16"}, IsaWord{"asimddp", "dotprod"},
                                IsaWord{"i8mm", "i8mm"},  IsaWord{"bf16", "bf16"},    IsaWord{"sve", "sve"},
                                IsaWord{"sve2", "sve2"},  IsaWord{"sme", "sme"}};

std::set<std::string> words_of(const std::string& line) {
  std::set<std::string> words;
  for (auto& word : split_text(line, ' '))
    if (!word.empty()) words.insert(std::move(word));
  return words;
}

// The flags that every processor has: work may move to any of them. Most machines have one line for all.
std::set<std::string> shared_flags(const std::vector<CpuInfoEntry>& entries, const char* name) {
  std::set<std::string> lines;
  for (const auto& entry : entries)
    if (auto line = field(entry, name); !line.empty()) lines.insert(std::move(line));
  std::set<std::string> shared;
  bool first = true;
  for (const auto& line : lines) {
    auto words = words_of(line);
    if (first)
      shared = std::move(words);
    else
      std::erase_if(shared, [&](const std::string& word) { return !words.contains(word); });
    first = false;
  }
  return shared;
}

// "brcm,bcm2712" as "Broadcom BCM2712", of the last, most general entry of a device tree's `compatible`.
std::string soc_name(const SystemTree& tree) {
  constexpr std::array<std::pair<const char*, const char*>, 11> kMakers = {{{"brcm", "Broadcom"},
                                                                            {"nvidia", "NVIDIA"},
                                                                            {"rockchip", "Rockchip"},
                                                                            {"qcom", "Qualcomm"},
                                                                            {"fsl", "NXP"},
                                                                            {"mediatek", "MediaTek"},
                                                                            {"allwinner", "Allwinner"},
                                                                            {"amlogic", "Amlogic"},
                                                                            {"ti", "TI"},
                                                                            {"apple", "Apple"},
                                                                            {"samsung", "Samsung"}}};
  const auto compatible = tree.text("proc/device-tree/compatible");
  if (!compatible || compatible->empty()) return {};
  const std::string last = split_text(*compatible, '\n').back();
  const auto comma = last.find(',');
  if (comma == std::string::npos || comma + 1 == last.size()) return {};
  std::string chip = last.substr(comma + 1);
  const auto letters = std::find_if(chip.begin(), chip.end(), [](unsigned char c) { return !std::isalpha(c); });
  // Abbreviations of a few letters are written in capitals (BCM2712, RK3588), names are not (Tegra234).
  const auto capitals = letters - chip.begin() <= 3 ? chip.end() : chip.begin() + 1;
  std::transform(chip.begin(), capitals, chip.begin(), [](unsigned char c) { return std::toupper(c); });
  for (const auto& [prefix, maker] : kMakers)
    if (last.compare(0, comma, prefix) == 0) return std::string(maker) + " " + chip;
  return {};
}

void read_names(const SystemTree& tree, const CpuInfoEntry& entry, ProfileCpu& cpu) {
  constexpr std::array<std::pair<const char*, const char*>, 4> kVendors = {
      {{"GenuineIntel", "Intel"}, {"AuthenticAMD", "AMD"}, {"HygonGenuine", "Hygon"}, {"CentaurHauls", "VIA"}}};
  std::string vendor = field(entry, "vendor_id");
  for (const auto& [id, name] : kVendors)
    if (vendor == id) vendor = name;
  if (vendor.empty()) vendor = arm_vendor_name(field(entry, "CPU implementer"));
  std::string model = field(entry, "model name");
  // 64-bit ARM kernels name no model: the chip's name from the device tree does, else the core's.
  if (model.empty() || !field(entry, "CPU part").empty())
    if (auto soc = soc_name(tree); !soc.empty()) model = std::move(soc);
  if (model.empty()) model = arm_core_name(field(entry, "CPU implementer"), field(entry, "CPU part"));
  if (!vendor.empty()) cpu.vendor = Fact<std::string>{vendor};
  if (!model.empty()) cpu.model = Fact<std::string>{model};
}

}  // namespace

std::vector<CpuInfoEntry> parse_cpuinfo(std::string_view text) {
  std::vector<CpuInfoEntry> entries;
  CpuInfoEntry entry;
  CpuInfoEntry of_all;
  const auto close = [&] {
    if (entry.contains("processor"))
      entries.push_back(std::move(entry));
    else
      of_all.merge(entry);
    entry.clear();
  };
  for (const auto& line : split_text(text, '\n')) {
    const auto colon = line.find(':');
    if (line.empty()) close();
    if (colon == std::string::npos) continue;
    std::string name(trimmed(std::string_view(line).substr(0, colon)));
    if (name == "processor" && entry.contains("processor")) close();
    entry.emplace(std::move(name), trimmed(std::string_view(line).substr(colon + 1)));
  }
  close();
  for (auto& each : entries) each.insert(of_all.begin(), of_all.end());
  return entries;
}

std::string cpu_architecture(const std::vector<CpuInfoEntry>& entries) {
  if (entries.empty()) return {};
  if (words_of(field(entries[0], "flags")).contains("lm")) return "x86_64";
  // A 32-bit kernel on a 64-bit core prints "half thumb" and no "asimd".
  if (words_of(field(entries[0], "Features")).contains("asimd")) return "aarch64";
  return {};
}

std::vector<std::string> cpu_isa(const std::vector<CpuInfoEntry>& entries) {
  std::vector<std::string> isa;
  const auto x86 = shared_flags(entries, "flags");
  for (const auto& [flag, word] : kIsaX86)
    if (x86.contains(flag)) isa.emplace_back(word);
  const auto arm = shared_flags(entries, "Features");
  if (arm.contains("asimd")) isa.emplace_back("aarch64");
  for (const auto& [flag, word] : kIsaArm)
    if (arm.contains(flag)) isa.emplace_back(word);
  return isa;
}

ProfileCpu read_cpu(const SystemTree& tree) {
  ProfileCpu cpu;
  const auto entries = parse_cpuinfo(tree.text("proc/cpuinfo").value_or(std::string()));
  if (!entries.empty()) {
    read_names(tree, entries[0], cpu);
    if (auto isa = cpu_isa(entries); !isa.empty()) cpu.isa = Fact<std::vector<std::string>>{std::move(isa)};
  }
  read_cpu_topology(tree, entries, cpu);
  cpu.caches = read_cpu_caches(tree);
  cpu.numa = read_numa_nodes(tree);
  return cpu;
}

}  // namespace hearth
