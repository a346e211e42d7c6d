#include <array>

#include "platform/disk.h"
#include "probe/device_state_reader.h"

namespace hearth {
namespace {

bool is_made_of_others(std::string_view name) {
  for (const char* prefix : {"loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "mtdblock", "zd", "bcache", "drbd"})
    if (name.starts_with(prefix)) return true;
  // Hardware partitions of an eMMC: boot code and replay-protected memory.
  return name.starts_with("mmcblk") && (name.find("boot") != std::string_view::npos || name.ends_with("rpmb"));
}

std::string kind_of(const SystemTree& tree, const std::string& name) {
  const std::string folder = "sys/block/" + name + "/";
  if (name.starts_with("nvme")) return "nvme";
  if (name.starts_with("mmcblk")) return tree.text(folder + "device/type") == "SD" ? "sd" : "emmc";
  const auto vendor = tree.text(folder + "device/vendor").value_or(std::string());
  if (name.starts_with("vd") || name.starts_with("xvd") || vendor == "QEMU" || vendor == "VMware" || vendor == "Msft")
    return "virtual";
  if (tree.link("sys/block/" + name).find("/usb") != std::string::npos) return "usb";
  const auto rotates = tree.integer(folder + "queue/rotational");
  if (rotates) return *rotates == 0 ? "ssd" : "hdd";
  return {};
}

}  // namespace

std::vector<ProfileStorage> read_storage(const SystemTree& tree) {
  constexpr std::int64_t kSectorBytes = 512;  // of this file, whatever the disk's own is
  std::vector<ProfileStorage> disks;
  for (const auto& name : tree.names("sys/block")) {
    if (is_made_of_others(name)) continue;
    const auto sectors = tree.integer("sys/block/" + name + "/size").value_or(0);
    if (sectors <= 0 || sectors > (std::int64_t{1} << 53)) continue;  // a reader without a card has size 0
    ProfileStorage disk;
    disk.name = name;
    disk.kind = kind_of(tree, name);
    if (disk.kind.empty()) continue;
    disk.total_bytes = Fact<std::uint64_t>{static_cast<std::uint64_t>(sectors * kSectorBytes)};
    for (const char* file : {"/device/model", "/device/name"})
      if (auto model = tree.text("sys/block/" + name + file); !disk.model && model && !model->empty())
        disk.model = Fact<std::string>{std::move(*model)};
    disks.push_back(std::move(disk));
  }
  return disks;
}

ProfileStorage* storage_of(const SystemTree& tree, const std::filesystem::path& folder,
                           std::vector<ProfileStorage>& storage) {
  const auto device = block_device_of(folder);
  if (!device) return nullptr;
  // "../../devices/pci0000:00/.../nvme0n1/nvme0n1p2": one of the last two names is the disk.
  const std::filesystem::path target = tree.link("sys/dev/block/" + *device);
  for (auto& disk : storage)
    if (target.filename() == disk.name || target.parent_path().filename() == disk.name) return &disk;
  return nullptr;
}

}  // namespace hearth
