// What NVML, Vulkan, Level Zero and HIP answer, in one library that is found by each of their names. Values are written
// at the byte offsets that the specifications' structures have, not through declarations shared with the reader.
#include <cstdint>
#include <cstring>

namespace {

template <class T>
void put(void* structure, std::size_t offset, T value) {
  std::memcpy(static_cast<char*>(structure) + offset, &value, sizeof(value));
}

void put_text(void* structure, std::size_t offset, const char* text) {
  std::memcpy(static_cast<char*>(structure) + offset, text, std::strlen(text) + 1);
}

int some_object = 0;

}  // namespace

extern "C" {

// NVML: an H200.
int nvmlInit_v2() { return 0; }
int nvmlShutdown() { return 0; }
int nvmlDeviceGetCount_v2(unsigned* count) { return *count = 1, 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned, void** device) { return *device = &some_object, 0; }
int nvmlDeviceGetName(void*, char* name, unsigned) { return put_text(name, 0, "NVIDIA H200"), 0; }
int nvmlSystemGetDriverVersion(char* version, unsigned) { return put_text(version, 0, "570.86.15"), 0; }
int nvmlDeviceGetMemoryInfo(void*, void* memory) {
  put<std::uint64_t>(memory, 0, 150754820096);  // total
  put<std::uint64_t>(memory, 8, 150000000000);  // free
  put<std::uint64_t>(memory, 16, 754820096);    // used
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void*, int* major, int* minor) { return *major = 9, *minor = 0, 0; }
int nvmlDeviceGetMemoryBusWidth(void*, unsigned* bits) { return *bits = 6144, 0; }
int nvmlDeviceGetMaxClockInfo(void*, int type, unsigned* mhz) { return type != 2 ? 2 : (*mhz = 3201, 0); }
int nvmlDeviceGetTemperature(void*, int, unsigned* degrees) { return *degrees = 31, 0; }
int nvmlDeviceGetPowerUsage(void*, unsigned* milliwatts) { return *milliwatts = 76543, 0; }
int nvmlDeviceGetPciInfo_v3(void*, void* pci) {
  put<unsigned>(pci, 16, 0);     // domain
  put<unsigned>(pci, 20, 0x8d);  // bus
  put<unsigned>(pci, 24, 0);     // device
  return 0;
}

// Vulkan: the same H200, an Intel card, and a CPU that draws.
int vkCreateInstance(const void*, const void*, void** instance) { return *instance = &some_object, 0; }
void vkDestroyInstance(void*, const void*) {}
int vkEnumeratePhysicalDevices(void*, std::uint32_t* count, void** devices) {
  if (devices != nullptr)
    for (std::uintptr_t i = 0; i < 3; ++i) devices[i] = reinterpret_cast<void*>(i + 1);
  return *count = 3, 0;
}
void vkGetPhysicalDeviceProperties(void* device, void* properties) {
  const auto which = reinterpret_cast<std::uintptr_t>(device);
  put<std::uint32_t>(properties, 8, which == 1 ? 0x10de : which == 2 ? 0x8086 : 0x10005);
  put<std::uint32_t>(properties, 12, which == 2 ? 0x56a0 : 0x2335);
  put<std::uint32_t>(properties, 16, which == 3 ? 4 : 2);
  put_text(properties, 20,
           which == 3   ? "llvmpipe"
           : which == 2 ? "Intel(R) Arc(tm) A770 Graphics (DG2)"
                        : "NVIDIA H200");
}
void vkGetPhysicalDeviceMemoryProperties(void*, void* memory) {
  put<std::uint32_t>(memory, 260, 2);                         // heaps
  put<std::uint64_t>(memory, 264, std::uint64_t{64} << 30U);  // of the host
  put<std::uint64_t>(memory, 280, std::uint64_t{16} << 30U);  // of the device
  put<std::uint32_t>(memory, 288, 1);                         // device-local
}

// Level Zero: the Intel card.
int zeInit(std::uint32_t) { return 0; }
int zeDriverGet(std::uint32_t* count, void** drivers) {
  if (drivers != nullptr) *drivers = &some_object;
  return *count = 1, 0;
}
int zeDeviceGet(void*, std::uint32_t* count, void** devices) { return zeDriverGet(count, devices); }
int zeDeviceGetProperties(void*, void* properties) {
  put<std::uint32_t>(properties, 16, 1);       // a GPU
  put<std::uint32_t>(properties, 20, 0x8086);  // vendor
  put<std::uint32_t>(properties, 24, 0x56a0);  // device
  put<std::uint32_t>(properties, 28, 0);       // not integrated
  put_text(properties, 112, "Intel(R) Arc(TM) A770 Graphics");
  return 0;
}
int zeDeviceGetMemoryProperties(void*, std::uint32_t*, void* memory) {
  return put<std::uint64_t>(memory, 32, 16225243136), 0;
}

// HIP: a Radeon.
int hipGetDeviceCount(int* count) { return *count = 1, 0; }
int hipDeviceGetName(char* name, int, int) { return put_text(name, 0, "AMD Radeon RX 7900 XTX"), 0; }
int hipDeviceTotalMem(std::size_t* bytes, int) { return *bytes = 25753026560, 0; }
}
