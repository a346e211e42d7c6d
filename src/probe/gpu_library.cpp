#include "probe/gpu_library.h"

#include <algorithm>

namespace hearth {

FoundAccelerator& same_or_new_gpu(std::vector<FoundAccelerator>& gpus, const FoundAccelerator& seen, int n_of_vendor) {
  int n = 0;
  for (auto& gpu : gpus) {
    if (!seen.bus.empty() && !gpu.bus.empty()) {
      if (lower_case(gpu.bus) == lower_case(seen.bus)) return gpu;
      continue;
    }
    if (gpu.device.vendor != seen.device.vendor) continue;
    if (seen.pci_device != 0 && gpu.pci_device != 0 && gpu.pci_device != seen.pci_device) continue;
    if (n++ == n_of_vendor) return gpu;
  }
  return *gpus.insert(gpus.end(), seen);
}

void add_backend(ProfileAccelerator& gpu, const char* backend) {
  if (std::find(gpu.backends.begin(), gpu.backends.end(), backend) == gpu.backends.end())
    gpu.backends.emplace_back(backend);
}

}  // namespace hearth
