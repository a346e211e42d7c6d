#include <algorithm>
#include <array>

#include "probe/accelerator_reader.h"

namespace hearth {
namespace {

struct GpuDriver {
  const char* driver;
  const char* vendor;
  std::vector<std::string> backends;  // what runs on GPUs of this driver
};

// Drivers of GPUs that compute. Display controllers without shaders (ast, mgag200, bochs, virtio) are not among them.
const std::vector<GpuDriver>& gpu_drivers() {
  static const std::vector<GpuDriver> drivers = {{"nvidia", "nvidia", {"cuda", "tensorrt", "vulkan"}},
                                                 {"nouveau", "nvidia", {"vulkan"}},
                                                 {"amdgpu", "amd", {"vulkan", "rocm"}},
                                                 {"i915", "intel", {"vulkan", "level_zero", "openvino"}},
                                                 {"xe", "intel", {"vulkan", "level_zero", "openvino"}},
                                                 {"v3d", "broadcom", {"vulkan"}},
                                                 {"panfrost", "arm", {"vulkan"}},
                                                 {"panthor", "arm", {"vulkan"}},
                                                 {"msm", "qualcomm", {"vulkan"}},
                                                 {"asahi", "apple", {"vulkan"}}};
  return drivers;
}

const GpuDriver* find_driver(std::string_view name) {
  for (const auto& driver : gpu_drivers())
    if (name == driver.driver) return &driver;
  return nullptr;
}

Known<std::uint64_t> bytes_in(const SystemTree& tree, const std::string& path) {
  const auto number = tree.integer(path);
  if (!number || *number <= 0 || *number > (std::int64_t{1} << 50)) return std::nullopt;
  return Fact<std::uint64_t>{static_cast<std::uint64_t>(*number)};
}

Known<std::string> named(std::string name) {
  if (name.empty()) return std::nullopt;
  return Fact<std::string>{std::move(name)};
}

// GPUs inside a chip are told by the device tree, not by a bus. Source: the kernel's bindings of these drivers.
std::string name_by_device_tree(const std::string& compatible) {
  constexpr std::array<std::pair<const char*, const char*>, 9> kNames = {{{"brcm,2712-v3d", "VideoCore VII"},
                                                                          {"brcm,2711-v3d", "VideoCore VI"},
                                                                          {"rockchip,rk3588-mali", "Mali-G610"},
                                                                          {"arm,mali-valhall-csf", "Mali (Valhall)"},
                                                                          {"arm,mali-valhall-jm", "Mali (Valhall)"},
                                                                          {"arm,mali-bifrost", "Mali (Bifrost)"},
                                                                          {"arm,mali", "Mali"},
                                                                          {"qcom,adreno", "Adreno"},
                                                                          {"apple,agx", "Apple GPU"}}};
  for (const auto& [prefix, name] : kNames)
    if (compatible.starts_with(prefix)) return name;
  return {};
}

// An amdgpu inside a processor has no memory chips: its "VRAM" is a carve-out of RAM, and the rest it reaches by GTT.
// A card's GTT is half of RAM too, so the name decides first: processors' graphics are "AMD Radeon 780M Graphics".
bool is_integrated_amd(const std::string& name, const Known<std::uint64_t>& vram, const Known<std::uint64_t>& gtt) {
  if (name.find(" RX ") != std::string::npos || name.find(" Pro W") != std::string::npos ||
      name.find("Instinct") != std::string::npos || name.find("Navi") != std::string::npos)
    return false;
  if (name.ends_with("Graphics") || (name.size() > 1 && name.back() == 'M')) return true;
  constexpr std::uint64_t kCarveOutBytesMax = std::uint64_t{4} << 30U;
  return vram && gtt && vram->value <= kCarveOutBytesMax && gtt->value > vram->value;
}

void read_amd_memory(const SystemTree& tree, const std::string& device, ProfileAccelerator& gpu) {
  const auto vram = bytes_in(tree, device + "mem_info_vram_total");
  const auto gtt = bytes_in(tree, device + "mem_info_gtt_total");
  gpu.unified = is_integrated_amd(gpu.name ? gpu.name->value : std::string(), vram, gtt);
  if (gpu.unified) {
    if (vram && gtt) gpu.max_working_set_bytes = Fact<std::uint64_t>{vram->value + gtt->value};
    return;
  }
  gpu.memory_bytes = vram;
  const auto used = tree.integer(device + "mem_info_vram_used");
  if (vram && used && *used >= 0 && static_cast<std::uint64_t>(*used) <= vram->value)
    gpu.free_bytes = Fact<std::uint64_t>{vram->value - static_cast<std::uint64_t>(*used)};
}

void read_intel_memory(const SystemTree& tree, const std::string& card, ProfileAccelerator& gpu) {
  gpu.memory_bytes = bytes_in(tree, card + "lmem_total_bytes");
  if (!gpu.memory_bytes) gpu.memory_bytes = bytes_in(tree, card + "device/tile0/physical_vram_size_bytes");
  const std::string name = gpu.name ? gpu.name->value : std::string();
  // Cards are "DG2 [Arc A770]" and "Battlemage G21 [Arc B580]"; processors' graphics carry no model number.
  const bool card_name = name.find("Arc A") != std::string::npos || name.find("Arc B") != std::string::npos ||
                         name.find("Data Center GPU") != std::string::npos;
  gpu.unified = !gpu.memory_bytes && !card_name;
}

// One card of /sys/class/drm; nothing when its driver is of none that compute.
std::optional<FoundAccelerator> read_card(const SystemTree& tree, const std::string& name) {
  const std::string card = "sys/class/drm/" + name + "/";
  const std::string device = card + "device/";
  const auto uevent = tree.text(device + "uevent").value_or(std::string());
  std::string driver_name = value_of(uevent, "DRIVER");
  if (driver_name.empty()) driver_name = std::filesystem::path(tree.link(device + "driver")).filename().string();
  const GpuDriver* driver = find_driver(driver_name);
  if (driver == nullptr) return std::nullopt;
  FoundAccelerator found;
  ProfileAccelerator& gpu = found.device;
  gpu.kind = "gpu";
  gpu.vendor = driver->vendor;
  gpu.backends = driver->backends;
  gpu.driver = named(driver_name);
  found.pci_vendor = tree.integer(device + "vendor").value_or(0);
  found.pci_device = tree.integer(device + "device").value_or(0);
  found.bus = value_of(uevent, "PCI_SLOT_NAME");
  std::string product = tree.text(device + "product_name").value_or(std::string());
  if (product.empty() && found.pci_vendor != 0)
    product = pci_device_name(tree, found.pci_vendor, found.pci_device, tree.integer(device + "revision").value_or(0));
  if (product.empty()) product = name_by_device_tree(value_of(uevent, "OF_COMPATIBLE_0"));
  gpu.name = named(product);
  if (gpu.vendor == "amd")
    read_amd_memory(tree, device, gpu);
  else if (gpu.vendor == "intel")
    read_intel_memory(tree, card, gpu);
  else
    gpu.unified = gpu.vendor != "nvidia";
  return found;
}

// NVIDIA's own driver lists its GPUs in /proc, whether or not it drives a display.
void read_nvidia_proc(const SystemTree& tree, std::vector<FoundAccelerator>& gpus) {
  const std::string folder = "proc/driver/nvidia/gpus/";
  // "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.104.05  Sat Aug ...": the first number with a point.
  std::string version;
  for (const auto& word :
       split_text(value_of(tree.text("proc/driver/nvidia/version").value_or(std::string()), "NVRM version"), ' '))
    if (version.empty() && leading_integer(word) && word.find('.') != std::string::npos) version = word;
  for (const auto& bus : tree.names(folder)) {
    const auto text = tree.text(folder + bus + "/information").value_or(std::string());
    auto at = std::find_if(gpus.begin(), gpus.end(), [&](const auto& gpu) { return gpu.bus == bus; });
    if (at == gpus.end()) at = gpus.insert(gpus.end(), FoundAccelerator{});
    ProfileAccelerator& gpu = at->device;
    at->pci_vendor = 0x10de;
    at->bus = bus;
    gpu.kind = "gpu";
    gpu.vendor = "nvidia";
    gpu.backends = find_driver("nvidia")->backends;
    gpu.unified = false;
    if (auto model = value_of(text, "Model"); !model.empty()) gpu.name = named(std::move(model));
    if (!version.empty()) gpu.driver = named("nvidia " + version);
  }
}

// The GPU inside a Jetson's chip. Source: NVIDIA's Jetson module data sheets.
void read_tegra(const SystemTree& tree, std::vector<FoundAccelerator>& gpus) {
  constexpr std::array<std::pair<const char*, const char*>, 5> kChips = {{{"nvidia,tegra210", "Maxwell"},
                                                                          {"nvidia,tegra186", "Pascal"},
                                                                          {"nvidia,tegra194", "Volta"},
                                                                          {"nvidia,tegra234", "Ampere"},
                                                                          {"nvidia,tegra264", "Blackwell"}}};
  const auto compatible = tree.text("proc/device-tree/compatible").value_or(std::string());
  for (const auto& entry : split_text(compatible, '\n'))
    for (const auto& [chip, family] : kChips)
      if (entry == chip) {
        std::erase_if(gpus, [](const auto& gpu) { return gpu.device.vendor == "nvidia" && gpu.pci_vendor == 0; });
        FoundAccelerator found;
        found.device.kind = "gpu";
        found.device.vendor = "nvidia";
        found.device.name = named(std::string("Jetson ") + family + " GPU");
        found.device.unified = true;
        found.device.backends = {"cuda", "tensorrt"};
        const auto release = tree.text("etc/nv_tegra_release").value_or(std::string());
        if (const auto l4t = split_text(release, ','); l4t.size() > 1 && l4t[0].starts_with("# R"))
          found.device.driver = named("L4T " + l4t[0].substr(2, l4t[0].find(' ', 2) - 2) + ", " + l4t[1]);
        gpus.push_back(std::move(found));
        return;
      }
}

}  // namespace

std::vector<FoundAccelerator> read_gpus(const SystemTree& tree) {
  std::vector<FoundAccelerator> gpus;
  for (const auto& [number, name] : tree.numbered("sys/class/drm", "card"))
    if (auto found = read_card(tree, name)) gpus.push_back(std::move(*found));
  read_nvidia_proc(tree, gpus);
  read_tegra(tree, gpus);
  return gpus;
}

}  // namespace hearth
