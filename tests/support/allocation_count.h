// Counts what C++ takes from the heap. A program that uses it gets its own operator new; what C libraries take by
// malloc is not counted.
#pragma once

#include <cstddef>

namespace hearth::test {

// Between construction and stop(), on all threads. One at a time.
class AllocationCount {
 public:
  AllocationCount();
  ~AllocationCount();
  AllocationCount(const AllocationCount&) = delete;
  AllocationCount& operator=(const AllocationCount&) = delete;
  // Allocations so far; the first call ends the counting.
  std::size_t stop();
};

}  // namespace hearth::test
