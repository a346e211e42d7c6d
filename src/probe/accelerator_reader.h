// GPUs and NPUs: what the kernel's drivers say of them, and on this machine what the vendors' libraries add.
#pragma once

#include <string>
#include <vector>

#include "domain/hardware_profile.h"
#include "platform/system_tree.h"

namespace hearth {

// An accelerator on the way into the profile, with what tells that two sources mean the same one.
struct FoundAccelerator {
  ProfileAccelerator device;
  std::int64_t pci_vendor = 0;  // 0 where it isn't on that bus
  std::int64_t pci_device = 0;
  std::string bus;  // "0000:01:00.0"
};

// GPUs by /sys/class/drm and the driver of NVIDIA; the one inside a Jetson by its device tree.
[[nodiscard]] std::vector<FoundAccelerator> read_gpus(const SystemTree& tree);

// Intel NPU and AMD XDNA (/sys/class/accel), Hailo, Coral, Hexagon, NVDLA.
[[nodiscard]] std::vector<FoundAccelerator> read_npus(const SystemTree& tree, std::vector<ProfileSkip>& skipped);

// The name that the system's lists of PCI devices give; empty without such a list or entry.
[[nodiscard]] std::string pci_device_name(const SystemTree& tree, std::int64_t vendor, std::int64_t device,
                                          std::int64_t revision);

// What the vendors' libraries of this machine say: each joins what it sees to `gpus` and adds what was not there. A
// library that is absent adds nothing; one that refuses adds its reason to `skipped`.
struct LibraryReading {
  std::vector<FoundAccelerator>& gpus;
  std::vector<ProfileSensor>& sensors;
  std::vector<ProfileSkip>& skipped;
};
void read_nvml(LibraryReading reading);
void read_level_zero(LibraryReading reading);
void read_hip(LibraryReading reading);
void read_vulkan(LibraryReading reading);

// All of the above, with ids "gpu0", "npu0", ... in the order found.
void read_accelerators(const SystemTree& tree, HardwareProfile& profile);

}  // namespace hearth
