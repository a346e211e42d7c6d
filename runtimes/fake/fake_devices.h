// Devices that hold bytes in name only, and what goes where on them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fake_script.h"
#include "hearth/sdk/runtime.h"

namespace hearth::fake {

// A "cpu" of 16 GiB, a GPU "fake0" of 256 MiB and an NPU "fake1" of 64 MiB. Internally locked.
class Devices {
 public:
  Devices();
  [[nodiscard]] std::vector<sdk::Device> list() const;
  [[nodiscard]] std::uint64_t free_bytes(const std::string& id) const;
  // All of it or, with OUT_OF_MEMORY that names the device, nothing.
  void reserve(const sdk::MemoryItems& items);
  void release(const sdk::MemoryItems& items);

 private:
  struct Device {
    const char* id;
    const char* kind;
    const char* description;
    std::uint64_t total_bytes;
    std::uint64_t used_bytes = 0;
  };
  mutable std::mutex gate_;
  std::vector<Device> devices_;
};

// Holds `items` on the devices while it lives.
class Reservation {
 public:
  Reservation(std::shared_ptr<Devices> devices, sdk::MemoryItems items);  // shared: models may outlive the runtime
  ~Reservation() { devices_->release(items_); }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  [[nodiscard]] const sdk::MemoryItems& items() const { return items_; }

 private:
  std::shared_ptr<Devices> devices_;
  sdk::MemoryItems items_;
};

// Layers by device, in the order they are run.
using LayerSplit = std::vector<std::pair<std::string, std::uint32_t>>;

// As many layers as asked for, and as fit, go to the named devices in turn; the rest to the CPU.
// OUT_OF_MEMORY: they don't fit, no CPU was named and no fallback is allowed. UNAVAILABLE: no such device.
[[nodiscard]] LayerSplit split_layers(const Script& script, const sdk::LoadOptions& options, const Devices& devices);
[[nodiscard]] sdk::MemoryItems model_memory(const Script& script, const sdk::LoadOptions& options,
                                            const LayerSplit& split);
// INVALID_ARGUMENT: an unknown KV type. `n_ctx` of the options is filled in.
[[nodiscard]] sdk::MemoryItems context_memory(const Script& script, const sdk::TextOptions& options,
                                              const LayerSplit& split);
// One item for each device, kind of buffer and component.
[[nodiscard]] sdk::MemoryItems merged(const sdk::MemoryItems& items);

}  // namespace hearth::fake
