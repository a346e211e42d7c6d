// The lists of PCI devices that distributions carry: libdrm's for Radeons, which knows revisions, and pci.ids.
#include <fmt/format.h>

#include <array>

#include "probe/accelerator_reader.h"

namespace hearth {
namespace {

// "744C, C8, AMD Radeon RX 7900 XTX"
std::string radeon_name(const std::string& list, std::int64_t device, std::int64_t revision) {
  const auto key = fmt::format("{:X},", device);
  for (const auto& line : split_text(list, '\n')) {
    if (!line.starts_with(key)) continue;
    const auto parts = split_text(line, ',');
    if (parts.size() < 3) continue;
    const auto listed = leading_integer("0x" + lower_case(parts[1]));
    if (listed == revision) return parts[2];
  }
  return {};
}

// "Navi 31 [Radeon RX 7900 XT/7900 XTX]" below the line of the vendor: the name in brackets is what people know.
std::string listed_name(const std::string& list, std::int64_t vendor, std::int64_t device) {
  const auto vendor_key = fmt::format("\n{:04x}  ", vendor);
  const auto device_key = fmt::format("\n\t{:04x}  ", device);
  const auto begin = list.starts_with(std::string_view(vendor_key).substr(1)) ? 0 : list.find(vendor_key);
  if (begin == std::string::npos) return {};
  for (auto at = list.find('\n', begin + 1); at != std::string::npos; at = list.find('\n', at + 1)) {
    const auto line = std::string_view(list).substr(at);
    if (line.size() > 1 && line[1] != '\t' && line[1] != '#' && line[1] != '\n') return {};
    if (!line.starts_with(device_key)) continue;
    const auto rest = line.substr(device_key.size());
    const auto name = trimmed(rest.substr(0, rest.find('\n')));
    const auto open = name.rfind('[');
    if (open == std::string_view::npos || name.back() != ']') return std::string(name);
    return std::string(name.substr(open + 1, name.size() - open - 2));
  }
  return {};
}

}  // namespace

std::string pci_device_name(const SystemTree& tree, std::int64_t vendor, std::int64_t device, std::int64_t revision) {
  constexpr std::int64_t kAmd = 0x1002;
  if (vendor == kAmd)
    if (const auto list = tree.text("usr/share/libdrm/amdgpu.ids"))
      if (auto name = radeon_name(*list, device, revision); !name.empty()) return name;
  for (const char* path : {"usr/share/misc/pci.ids", "usr/share/hwdata/pci.ids", "var/lib/pciutils/pci.ids"})
    if (const auto list = tree.text(path))
      if (auto name = listed_name(*list, vendor, device); !name.empty()) return name;
  return {};
}

}  // namespace hearth
