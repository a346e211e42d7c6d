#include "plugin_host/worker_regions.h"

#include <cstdlib>

#include "plugin_host/host_services.h"

namespace hearth {
namespace {

constexpr std::size_t kPageBytes = 4096;  // the least alignment of a mapping on every supported system

}  // namespace

void* WorkerRegions::alloc(std::size_t size, std::size_t alignment) noexcept {
  if (size < kSharedBytesMin || alignment > kPageBytes) return aligned_heap_alloc(size, alignment);
  auto made = make(size);
  if (!made) return nullptr;
  std::byte* data = made->memory->data();
  const std::lock_guard lock(mutex_);
  by_address_.emplace(data, std::move(*made));
  return data;
}

void WorkerRegions::dealloc(void* memory) noexcept {
  const std::lock_guard lock(mutex_);
  if (by_address_.erase(static_cast<const std::byte*>(memory)) == 0) std::free(memory);
}

std::optional<RegionSlice> WorkerRegions::find(const void* data, std::size_t size) {
  const auto* first = static_cast<const std::byte*>(data);
  const std::lock_guard lock(mutex_);
  auto it = by_address_.upper_bound(first);
  if (it == by_address_.begin()) return std::nullopt;
  --it;
  const auto offset = static_cast<std::size_t>(first - it->first);
  const std::size_t region_bytes = it->second.memory->size_bytes();
  if (offset > region_bytes || size > region_bytes - offset) return std::nullopt;
  RegionSlice slice = it->second;
  slice.offset = offset;
  return slice;
}

Result<RegionSlice> WorkerRegions::make(std::size_t size_bytes) {
  HEARTH_ASSIGN(memory, SharedMemory::create("hearth-rows", size_bytes));
  RegionSlice slice;
  slice.memory = std::make_shared<SharedMemory>(std::move(memory));
  const std::lock_guard lock(mutex_);
  slice.id = ++last_id_;
  return slice;
}

Result<RegionSlice> WorkerRegions::make_known(std::size_t size_bytes) {
  HEARTH_ASSIGN(slice, make(size_bytes));
  const std::lock_guard lock(mutex_);
  std::erase_if(known_, [](const auto& entry) { return entry.second.expired(); });
  known_.emplace(slice.id, slice.memory);
  return slice;
}

std::optional<RegionSlice> WorkerRegions::find_known(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [address, taken] : by_address_) {
    if (taken.id == id) return taken;
  }
  const auto it = known_.find(id);
  if (it == known_.end()) return std::nullopt;
  RegionSlice slice;
  slice.id = id;
  slice.memory = it->second.lock();
  return slice.memory == nullptr ? std::nullopt : std::optional(std::move(slice));
}

}  // namespace hearth
