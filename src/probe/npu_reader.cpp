#include <algorithm>
#include <array>
#include <map>

#include "probe/accelerator_reader.h"

namespace hearth {
namespace {

FoundAccelerator npu(const char* kind, const char* vendor, std::string name, const char* backend) {
  FoundAccelerator found;
  found.device.kind = kind;
  found.device.vendor = vendor;
  if (!name.empty()) found.device.name = Fact<std::string>{std::move(name)};
  if (*backend != 0) found.device.backends = {backend};
  return found;
}

std::string driver_of(const SystemTree& tree, const std::string& device) {
  auto driver = value_of(tree.text(device + "uevent").value_or(std::string()), "DRIVER");
  if (driver.empty()) driver = std::filesystem::path(tree.link(device + "driver")).filename().string();
  return driver;
}

// The kernel's class of compute accelerators.
void read_accel_class(const SystemTree& tree, std::vector<FoundAccelerator>& npus) {
  struct AccelDriver {
    const char* driver;
    const char* vendor;
    const char* name;
    const char* backend;
  };
  constexpr std::array kDrivers = {
      AccelDriver{"intel_vpu", "intel", "Intel NPU", "openvino"}, AccelDriver{"amdxdna", "amd", "XDNA NPU", "xdna"},
      AccelDriver{"rocket", "rockchip", "Rockchip NPU", "rknn"}, AccelDriver{"habanalabs", "intel", "Gaudi", ""},
      AccelDriver{"qaic", "qualcomm", "Cloud AI 100", "qnn"}};
  for (const auto& [number, name] : tree.numbered("sys/class/accel", "accel")) {
    const std::string device = "sys/class/accel/" + name + "/device/";
    const auto driver = driver_of(tree, device);
    for (const auto& known : kDrivers) {
      if (driver != known.driver) continue;
      auto found = npu("npu", known.vendor, known.name, known.backend);
      found.device.driver = Fact<std::string>{driver};
      found.device.unified = driver != "habanalabs" && driver != "qaic";
      found.pci_vendor = tree.integer(device + "vendor").value_or(0);
      found.pci_device = tree.integer(device + "device").value_or(0);
      npus.push_back(std::move(found));
    }
  }
}

// Source: the PCI ids in Hailo's published driver. The first generation's modules share one id.
void read_hailo(const SystemTree& tree, std::vector<FoundAccelerator>& npus, std::vector<ProfileSkip>& skipped) {
  constexpr std::int64_t kHailo = 0x1e60;
  constexpr std::int64_t kHailo8 = 0x2864;
  constexpr std::int64_t kHailo10h = 0x45c4;
  std::vector<std::string> devices;
  for (const auto& address : tree.names("sys/bus/pci/devices")) {
    const std::string folder = "sys/bus/pci/devices/" + address + "/";
    if (tree.integer(folder + "vendor") == kHailo) devices.push_back(folder);
  }
  for (const auto& folder : devices) {
    const auto id = tree.integer(folder + "device").value_or(0);
    const char* name = id == kHailo10h ? "Hailo-10H" : id == kHailo8 ? "Hailo-8 or Hailo-8L" : "Hailo";
    auto found = npu("npu", "hailo", name, "hailort");
    found.pci_vendor = kHailo;
    found.pci_device = id;
    if (const auto driver = driver_of(tree, folder); !driver.empty()) found.device.driver = Fact<std::string>{driver};
    npus.push_back(std::move(found));
    if (id == kHailo8)
      skipped.push_back(
          {"Hailo model", "Hailo-8 and Hailo-8L share one PCI id; `hailortcli fw-control identify` tells"});
  }
  if (devices.empty() && (tree.has("dev/hailo0") || tree.has("sys/class/hailo_chardev/hailo0")))
    npus.push_back(npu("npu", "hailo", "Hailo", "hailort"));
}

void read_coral(const SystemTree& tree, std::vector<FoundAccelerator>& npus) {
  const auto on_pci = tree.names("sys/class/apex").size();
  for (std::size_t i = 0; i < on_pci; ++i) npus.push_back(npu("tpu", "google", "Edge TPU", "edgetpu"));
  // Before its firmware is loaded the stick answers as Global Unichip, afterwards as Google.
  for (const auto& name : tree.names("sys/bus/usb/devices")) {
    const std::string folder = "sys/bus/usb/devices/" + name + "/";
    const auto id = tree.text(folder + "idVendor").value_or(std::string()) + ":" +
                    tree.text(folder + "idProduct").value_or(std::string());
    if (id == "1a6e:089a" || id == "18d1:9302") npus.push_back(npu("tpu", "google", "Edge TPU", "edgetpu"));
  }
}

// Qualcomm's compute DSP runs as a remote processor.
void read_hexagon(const SystemTree& tree, std::vector<FoundAccelerator>& npus) {
  bool found = tree.has("dev/fastrpc-cdsp") || tree.has("dev/fastrpc-cdsp-secure");
  for (const auto& [number, name] : tree.numbered("sys/class/remoteproc", "remoteproc")) {
    const auto role = tree.text("sys/class/remoteproc/" + name + "/name").value_or(std::string());
    found |= role.find("cdsp") != std::string::npos;
  }
  if (!found) return;
  npus.push_back(npu("npu", "qualcomm", "Hexagon", "qnn"));
  npus.back().device.unified = true;
}

void read_nvdla(const SystemTree& tree, std::vector<FoundAccelerator>& npus) {
  for (const auto& name : tree.names("sys/bus/platform/devices"))
    if (name.find(".nvdla") != std::string::npos) {
      npus.push_back(npu("dla", "nvidia", "NVDLA", "tensorrt"));
      npus.back().device.unified = true;
    }
}

}  // namespace

std::vector<FoundAccelerator> read_npus(const SystemTree& tree, std::vector<ProfileSkip>& skipped) {
  std::vector<FoundAccelerator> npus;
  read_accel_class(tree, npus);
  read_hailo(tree, npus, skipped);
  read_coral(tree, npus);
  read_hexagon(tree, npus);
  read_nvdla(tree, npus);
  return npus;
}

void read_accelerators(const SystemTree& tree, HardwareProfile& profile) {
  auto gpus = read_gpus(tree);
  if (tree.live()) {
    const LibraryReading reading{gpus, profile.sensors, profile.skipped};
    read_nvml(reading);
    read_level_zero(reading);
    read_hip(reading);
    read_vulkan(reading);
  }
  std::map<std::string, int> numbers;
  auto npus = read_npus(tree, profile.skipped);
  for (auto* list : {&gpus, &npus})
    for (auto& found : *list) {
      found.device.id = found.device.kind + std::to_string(numbers[found.device.kind]++);
      profile.accelerators.push_back(std::move(found.device));
    }
}

}  // namespace hearth
