// What the machine is called and what runs on it.
#pragma once

#include <string>
#include <vector>

#include "domain/hardware_profile.h"
#include "platform/system_tree.h"

namespace hearth {

// Names a device record may be known by, most telling first.
struct MachineNames {
  std::string board;  // of the device tree: "Raspberry Pi 5 Model B Rev 1.0"; or DMI's maker and product
};

[[nodiscard]] MachineNames read_machine_names(const SystemTree& tree);

// Fills os, os_version, kernel, architecture, virtualisation and name.
void read_identity(const SystemTree& tree, HardwareProfile& profile);

// "docker", "podman", "kubernetes", "lxc", "wsl", "kvm", "vmware", "hyperv", "virtualbox", "xen", "vm", or empty.
// A container on a virtual machine is told as the container.
[[nodiscard]] std::string read_virtualisation(const SystemTree& tree);

}  // namespace hearth
