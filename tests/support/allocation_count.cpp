#include "support/allocation_count.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<bool> counting{false};
std::atomic<std::size_t> n_allocations{0};

void* counted(std::size_t n_bytes) {
  if (counting.load(std::memory_order_relaxed)) n_allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(n_bytes == 0 ? 1 : n_bytes)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t n_bytes) { return counted(n_bytes); }
void* operator new[](std::size_t n_bytes) { return counted(n_bytes); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace hearth::test {

AllocationCount::AllocationCount() {
  n_allocations = 0;
  counting = true;
}

AllocationCount::~AllocationCount() { counting = false; }

std::size_t AllocationCount::stop() {
  counting = false;
  return n_allocations;
}

}  // namespace hearth::test
