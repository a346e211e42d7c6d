// AMD's HIP runtime. Source: HIP API reference, device management.
#include <array>

#include "probe/gpu_library.h"

namespace hearth {

void read_hip(LibraryReading reading) {
  constexpr int kSuccess = 0;
  constexpr int kDevicesMax = 64;
  const SharedLibrary library = open_first({"libamdhip64.so", "libamdhip64.so.6", "libamdhip64.so.5"});
  int (*device_count)(int*) = nullptr;
  int (*device_name)(char*, int, int) = nullptr;
  int (*total_memory)(std::size_t*, int) = nullptr;
  if (!library || !bind(library, "hipGetDeviceCount", device_count) ||
      !bind(library, "hipDeviceGetName", device_name) || !bind(library, "hipDeviceTotalMem", total_memory))
    return;
  int count = 0;
  if (device_count(&count) != kSuccess) return;
  for (int i = 0; i < count && i < kDevicesMax; ++i) {
    FoundAccelerator seen;
    seen.pci_vendor = 0x1002;
    seen.device.kind = "gpu";
    seen.device.vendor = "amd";
    ProfileAccelerator& gpu = same_or_new_gpu(reading.gpus, seen, i).device;
    std::array<char, 256> name = {};
    if (!gpu.name && device_name(name.data(), static_cast<int>(name.size()) - 1, i) == kSuccess)
      gpu.name = Fact<std::string>{name.data()};
    std::size_t bytes = 0;
    if (!gpu.unified && !gpu.memory_bytes && total_memory(&bytes, i) == kSuccess && bytes > 0)
      gpu.memory_bytes = Fact<std::uint64_t>{bytes};
    add_backend(gpu, "rocm");
  }
}

}  // namespace hearth
