// Memory of a worker that its host can map: what plugins take through the host's allocator, and row buffers.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "platform/shared_memory.h"

namespace hearth {

// Bytes inside a region. Holds the region.
struct RegionSlice {
  std::uint64_t id = 0;                  // never used twice
  std::shared_ptr<SharedMemory> memory;  // shared: the plugin may free it while a reply still carries its descriptor
  std::uint64_t offset = 0;
};

// Internally locked.
class WorkerRegions {
 public:
  // Smaller requests come from the heap: copying their bytes costs less than mapping them.
  static constexpr std::size_t kSharedBytesMin = 64U << 10;

  // As hearth_host's alloc and dealloc.
  [[nodiscard]] void* alloc(std::size_t size, std::size_t alignment) noexcept;
  void dealloc(void* memory) noexcept;
  // The region that holds all of [data, data + size), if alloc made one there.
  [[nodiscard]] std::optional<RegionSlice> find(const void* data, std::size_t size);
  // A region of its own, not for find.
  Result<RegionSlice> make(std::size_t size_bytes);
  // The same, found again by its id for as long as somebody holds it.
  Result<RegionSlice> make_known(std::size_t size_bytes);
  [[nodiscard]] std::optional<RegionSlice> find_known(std::uint64_t id);

 private:
  std::mutex mutex_;
  std::uint64_t last_id_ = 0;
  std::map<const std::byte*, RegionSlice> by_address_;
  std::map<std::uint64_t, std::weak_ptr<SharedMemory>> known_;
};

}  // namespace hearth
