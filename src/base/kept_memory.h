// Memory that is kept once it was taken, for what is made and let go again and again on several threads.
#pragma once

#include <cstddef>
#include <memory_resource>
#include <mutex>

namespace hearth {

// Thread-safe: one pool for all threads together, where std::pmr::synchronized_pool_resource would keep some for each.
class KeptMemory final : public std::pmr::memory_resource {
 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    const std::lock_guard lock(gate_);
    return pool_.allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    const std::lock_guard lock(gate_);
    pool_.deallocate(memory, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  std::mutex gate_;
  std::pmr::unsynchronized_pool_resource pool_;
};

}  // namespace hearth
