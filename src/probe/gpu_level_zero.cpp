// Intel's Level Zero loader. Source: oneAPI Level Zero specification 1.x (ze_device_properties_t and its siblings).
#include <algorithm>
#include <vector>

#include "probe/gpu_library.h"

namespace hearth {
namespace {

using ZeHandle = void*;
constexpr int kSuccess = 0;
constexpr std::uint32_t kTypeGpu = 1;
constexpr std::uint32_t kStructDeviceProperties = 0x3;
constexpr std::uint32_t kStructMemoryProperties = 0x7;
constexpr std::uint32_t kFlagIntegrated = 1;

struct ZeDeviceProperties {
  std::uint32_t structure_type = kStructDeviceProperties;
  void* next = nullptr;
  std::uint32_t type = 0, vendor_id = 0, device_id = 0, flags = 0, subdevice_id = 0, core_clock_mhz = 0;
  std::uint64_t allocation_bytes_max = 0;
  std::uint32_t counts[7] = {};
  std::uint64_t timer_resolution = 0;
  std::uint32_t timestamp_bits[2] = {};
  std::uint8_t uuid[16] = {};
  char name[256] = {};
};

struct ZeMemoryProperties {
  std::uint32_t structure_type = kStructMemoryProperties;
  void* next = nullptr;
  std::uint32_t flags = 0, clock_max_mhz = 0, bus_width_max = 0;
  std::uint64_t total_bytes = 0;
  char name[256] = {};
};

struct LevelZero {
  SharedLibrary library;
  int (*init)(std::uint32_t) = nullptr;
  int (*drivers)(std::uint32_t*, ZeHandle*) = nullptr;
  int (*devices)(ZeHandle, std::uint32_t*, ZeHandle*) = nullptr;
  int (*properties)(ZeHandle, ZeDeviceProperties*) = nullptr;
  int (*memory)(ZeHandle, std::uint32_t*, ZeMemoryProperties*) = nullptr;

  bool open() {
    library = open_first({"libze_loader.so.1"});
    return library && bind(library, "zeInit", init) && bind(library, "zeDriverGet", drivers) &&
           bind(library, "zeDeviceGet", devices) && bind(library, "zeDeviceGetProperties", properties) &&
           bind(library, "zeDeviceGetMemoryProperties", memory);
  }
};

void read_device(const LevelZero& ze, ZeHandle device, int n, std::vector<FoundAccelerator>& gpus) {
  ZeDeviceProperties properties;
  if (ze.properties(device, &properties) != kSuccess || properties.type != kTypeGpu) return;
  properties.name[sizeof(properties.name) - 1] = 0;
  FoundAccelerator seen;
  seen.pci_vendor = properties.vendor_id;
  seen.pci_device = properties.device_id;
  seen.device.kind = "gpu";
  seen.device.vendor = "intel";
  seen.device.backends = {"level_zero", "vulkan", "openvino"};
  seen.device.unified = (properties.flags & kFlagIntegrated) != 0;
  ProfileAccelerator& gpu = same_or_new_gpu(gpus, seen, n).device;
  gpu.unified = seen.device.unified;
  if (!gpu.name) gpu.name = Fact<std::string>{properties.name};
  ZeMemoryProperties memory;
  std::uint32_t count = 1;
  if (!gpu.unified && ze.memory(device, &count, &memory) == kSuccess && count > 0 && memory.total_bytes > 0)
    gpu.memory_bytes = Fact<std::uint64_t>{memory.total_bytes};
  add_backend(gpu, "level_zero");
}

template <class Call>
std::vector<ZeHandle> handles(const Call& call) {
  std::uint32_t count = 0;
  if (call(&count, nullptr) != kSuccess) return {};
  std::vector<ZeHandle> all(std::min<std::uint32_t>(count, 64));
  count = static_cast<std::uint32_t>(all.size());
  if (call(&count, all.data()) != kSuccess) return {};
  all.resize(std::min<std::size_t>(all.size(), count));
  return all;
}

}  // namespace

void read_level_zero(LibraryReading reading) {
  LevelZero ze;
  if (!ze.open() || ze.init(0) != kSuccess) return;
  int n = 0;
  for (ZeHandle driver : handles([&](std::uint32_t*count, ZeHandle*out) { return ze.drivers(count, out); }))
    for (ZeHandle device : handles([&](std::uint32_t*count, ZeHandle*out) { return ze.devices(driver, count, out); }))
      read_device(ze, device, n++, reading.gpus);
}

}  // namespace hearth
