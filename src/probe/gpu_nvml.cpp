// NVIDIA's management library. Source: NVML API Reference Manual (functions of its stable C interface).
#include <fmt/format.h>

#include <array>

#include "probe/gpu_library.h"

namespace hearth {
namespace {

using NvmlDevice = void*;
struct NvmlMemory {
  unsigned long long total, free, used;
};
struct NvmlPci {
  char bus_legacy[16];
  unsigned domain, bus, device, pci_device, pci_subsystem;
  char bus_id[32];
};

constexpr int kSuccess = 0;
constexpr int kClockMemory = 2;
constexpr int kTemperatureGpu = 0;
constexpr unsigned kTextBytes = 96;

struct Nvml {
  SharedLibrary library;
  int (*init)() = nullptr;
  int (*shutdown)() = nullptr;
  int (*count)(unsigned*) = nullptr;
  int (*handle)(unsigned, NvmlDevice*) = nullptr;
  int (*name)(NvmlDevice, char*, unsigned) = nullptr;
  int (*pci)(NvmlDevice, NvmlPci*) = nullptr;
  int (*memory)(NvmlDevice, NvmlMemory*) = nullptr;
  int (*capability)(NvmlDevice, int*, int*) = nullptr;
  int (*driver)(char*, unsigned) = nullptr;
  int (*bus_width)(NvmlDevice, unsigned*) = nullptr;
  int (*max_clock)(NvmlDevice, int, unsigned*) = nullptr;
  int (*temperature)(NvmlDevice, int, unsigned*) = nullptr;
  int (*power)(NvmlDevice, unsigned*) = nullptr;

  // False when the library lacks what every version has had since 2016.
  bool open() {
    library = open_first({"libnvidia-ml.so.1", "libnvidia-ml.so"});
    if (!library) return false;
    bind(library, "nvmlDeviceGetMemoryBusWidth", bus_width);
    bind(library, "nvmlDeviceGetMaxClockInfo", max_clock);
    bind(library, "nvmlDeviceGetTemperature", temperature);
    bind(library, "nvmlDeviceGetPowerUsage", power);
    bind(library, "nvmlDeviceGetPciInfo_v3", pci);
    return bind(library, "nvmlInit_v2", init) && bind(library, "nvmlShutdown", shutdown) &&
           bind(library, "nvmlDeviceGetCount_v2", count) && bind(library, "nvmlDeviceGetHandleByIndex_v2", handle) &&
           bind(library, "nvmlDeviceGetName", name) && bind(library, "nvmlDeviceGetMemoryInfo", memory) &&
           bind(library, "nvmlDeviceGetCudaComputeCapability", capability) &&
           bind(library, "nvmlSystemGetDriverVersion", driver);
  }
};

// Memory moves data on both edges of the clock, so that a bus of w bits at f MHz carries 2 f w / 8 MB/s.
Known<double> bus_bandwidth(const Nvml& nvml, NvmlDevice device) {
  unsigned bits = 0;
  unsigned mhz = 0;
  if (nvml.bus_width == nullptr || nvml.max_clock == nullptr || nvml.bus_width(device, &bits) != kSuccess ||
      nvml.max_clock(device, kClockMemory, &mhz) != kSuccess || bits == 0 || mhz == 0)
    return std::nullopt;
  return Fact<double>{2.0 * mhz * 1e6 * bits / 8 / 1e9};
}

FoundAccelerator read_device(const Nvml& nvml, NvmlDevice device) {
  FoundAccelerator found;
  found.pci_vendor = 0x10de;
  ProfileAccelerator& gpu = found.device;
  gpu.kind = "gpu";
  gpu.vendor = "nvidia";
  gpu.backends = {"cuda", "tensorrt", "vulkan"};
  std::array<char, kTextBytes> text = {};
  if (nvml.name(device, text.data(), kTextBytes - 1) == kSuccess) gpu.name = Fact<std::string>{text.data()};
  if (nvml.driver(text.data(), kTextBytes - 1) == kSuccess)
    gpu.driver = Fact<std::string>{std::string("nvidia ") + text.data()};
  NvmlPci pci = {};
  // The kernel writes the domain with four digits.
  if (nvml.pci != nullptr && nvml.pci(device, &pci) == kSuccess)
    found.bus = fmt::format("{:04x}:{:02x}:{:02x}.0", pci.domain, pci.bus, pci.device);
  NvmlMemory memory = {};
  // GPUs that share the machine's memory report none of their own.
  gpu.unified = nvml.memory(device, &memory) != kSuccess || memory.total == 0;
  if (!gpu.unified) {
    gpu.memory_bytes = Fact<std::uint64_t>{memory.total};
    gpu.free_bytes = Fact<std::uint64_t>{memory.free};
  }
  int major = 0;
  int minor = 0;
  if (nvml.capability(device, &major, &minor) == kSuccess)
    gpu.compute_capability = Fact<std::string>{fmt::format("{}.{}", major, minor)};
  gpu.bandwidth_GBps = bus_bandwidth(nvml, device);
  return found;
}

void read_sensors(const Nvml& nvml, NvmlDevice device, const std::string& name, std::vector<ProfileSensor>& sensors) {
  unsigned value = 0;
  if (nvml.temperature != nullptr && nvml.temperature(device, kTemperatureGpu, &value) == kSuccess)
    sensors.push_back({"temperature", name, "degC", Fact<double>{static_cast<double>(value)}, ""});
  if (nvml.power != nullptr && nvml.power(device, &value) == kSuccess)
    sensors.push_back({"power", name, "W", Fact<double>{value / 1000.0}, ""});
}

}  // namespace

void read_nvml(LibraryReading reading) {
  Nvml nvml;
  if (!nvml.open()) return;
  if (const int status = nvml.init(); status != kSuccess) {
    reading.skipped.push_back(
        {"NVIDIA GPUs through NVML", fmt::format("nvmlInit answers {}; is the driver loaded?", status)});
    return;
  }
  unsigned count = 0;
  if (nvml.count(&count) != kSuccess) count = 0;
  for (unsigned i = 0; i < count; ++i) {
    NvmlDevice device = nullptr;
    if (nvml.handle(i, &device) != kSuccess) continue;
    const auto seen = read_device(nvml, device);
    auto& gpu = same_or_new_gpu(reading.gpus, seen, static_cast<int>(i));
    const std::string bus = gpu.bus.empty() ? seen.bus : gpu.bus;
    gpu.device = seen.device;
    gpu.bus = bus;
    read_sensors(nvml, device, fmt::format("gpu {}", bus), reading.sensors);
  }
  nvml.shutdown();
}

}  // namespace hearth
