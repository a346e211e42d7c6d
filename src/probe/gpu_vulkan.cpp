// Vulkan's loader, without its headers. Source: Vulkan 1.0 specification, physical devices; the two structures below
// have had this layout since 1.0 and can't change.
#include <algorithm>
#include <cstring>
#include <map>

#include "probe/gpu_library.h"

namespace hearth {
namespace {

using VkHandle = void*;
constexpr int kSuccess = 0;

struct VkInstanceInfo {
  std::uint32_t structure_type = 1;  // VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO
  const void* next = nullptr;
  std::uint32_t flags = 0;
  const void* application = nullptr;
  std::uint32_t layers = 0;
  const char* const* layer_names = nullptr;
  std::uint32_t extensions = 0;
  const char* const* extension_names = nullptr;
};

struct VkDeviceProperties {
  std::uint32_t api_version, driver_version, vendor_id, device_id, device_type;
  char name[256];
  std::uint8_t uuid[16];
  std::uint64_t limits_and_more[128];  // 524 bytes in the specification; room to spare
};
enum VkDeviceType : std::uint32_t { kIntegrated = 1, kDiscrete = 2, kVirtual = 3, kCpu = 4 };

struct VkMemoryProperties {
  std::uint32_t type_count;
  struct {
    std::uint32_t flags, heap;
  } types[32];
  std::uint32_t heap_count;
  struct {
    std::uint64_t bytes;
    std::uint32_t flags;
  } heaps[16];
};
constexpr std::uint32_t kHeapDeviceLocal = 1;

struct Vulkan {
  SharedLibrary library;
  int (*create)(const VkInstanceInfo*, const void*, VkHandle*) = nullptr;
  void (*destroy)(VkHandle, const void*) = nullptr;
  int (*devices)(VkHandle, std::uint32_t*, VkHandle*) = nullptr;
  void (*properties)(VkHandle, VkDeviceProperties*) = nullptr;
  void (*memory)(VkHandle, VkMemoryProperties*) = nullptr;

  bool open() {
    library = open_first({"libvulkan.so.1"});
    return library && bind(library, "vkCreateInstance", create) && bind(library, "vkDestroyInstance", destroy) &&
           bind(library, "vkEnumeratePhysicalDevices", devices) &&
           bind(library, "vkGetPhysicalDeviceProperties", properties) &&
           bind(library, "vkGetPhysicalDeviceMemoryProperties", memory);
  }
};

const char* vendor_name(std::uint32_t vendor_id) {
  switch (vendor_id) {
    case 0x10de: return "nvidia";
    case 0x1002: return "amd";
    case 0x8086: return "intel";
    case 0x106b: return "apple";
    case 0x13b5: return "arm";
    case 0x14e4: return "broadcom";
    case 0x5143: return "qualcomm";
    default: return "";
  }
}

// Largest heap of its own.
std::uint64_t device_memory(const Vulkan& vulkan, VkHandle device) {
  VkMemoryProperties memory = {};
  vulkan.memory(device, &memory);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < std::min(memory.heap_count, 16U); ++i)
    if ((memory.heaps[i].flags & kHeapDeviceLocal) != 0) bytes = std::max(bytes, memory.heaps[i].bytes);
  return bytes;
}

void read_device(const Vulkan& vulkan, VkHandle device, std::map<std::string, int>& seen_of_vendor,
                 std::vector<FoundAccelerator>& gpus) {
  VkDeviceProperties properties = {};
  vulkan.properties(device, &properties);
  properties.name[sizeof(properties.name) - 1] = 0;
  // A CPU that draws (llvmpipe) is no GPU.
  if (properties.device_type != kIntegrated && properties.device_type != kDiscrete &&
      properties.device_type != kVirtual)
    return;
  FoundAccelerator seen;
  seen.pci_vendor = properties.vendor_id;
  seen.pci_device = properties.device_id;
  seen.device.kind = "gpu";
  seen.device.vendor = vendor_name(properties.vendor_id);
  seen.device.unified = properties.device_type == kIntegrated;
  ProfileAccelerator& gpu = same_or_new_gpu(gpus, seen, seen_of_vendor[seen.device.vendor]++).device;
  if (!gpu.name) gpu.name = Fact<std::string>{properties.name};
  if (const auto bytes = device_memory(vulkan, device); !gpu.unified && !gpu.memory_bytes && bytes > 0)
    gpu.memory_bytes = Fact<std::uint64_t>{bytes};
  add_backend(gpu, "vulkan");
}

}  // namespace

void read_vulkan(LibraryReading reading) {
  Vulkan vulkan;
  if (!vulkan.open()) return;
  VkHandle instance = nullptr;
  const VkInstanceInfo info;
  if (vulkan.create(&info, nullptr, &instance) != kSuccess || instance == nullptr) return;
  std::uint32_t count = 0;
  if (vulkan.devices(instance, &count, nullptr) == kSuccess) {
    std::vector<VkHandle> devices(std::min(count, 64U));
    count = static_cast<std::uint32_t>(devices.size());
    if (vulkan.devices(instance, &count, devices.data()) < kSuccess) count = 0;
    std::map<std::string, int> seen_of_vendor;
    for (std::uint32_t i = 0; i < count; ++i) read_device(vulkan, devices[i], seen_of_vendor, reading.gpus);
  }
  vulkan.destroy(instance, nullptr);
}

}  // namespace hearth
