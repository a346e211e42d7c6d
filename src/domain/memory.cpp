#include "domain/memory.h"

namespace hearth {

std::uint64_t MemoryBreakdown::total_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& item : items) sum += item.bytes;
  return sum;
}

std::uint64_t MemoryBreakdown::mapped_bytes() const {
  std::uint64_t sum = 0;
  for (const auto& item : items) sum += item.mapped_bytes;
  return sum;
}

std::uint64_t MemoryBreakdown::component_bytes(const std::string& component) const {
  std::uint64_t sum = 0;
  for (const auto& item : items)
    if (item.component == component) sum += item.bytes;
  return sum;
}

std::map<std::string, std::uint64_t> MemoryBreakdown::by_component() const {
  std::map<std::string, std::uint64_t> sums;
  for (const auto& item : items) sums[item.component] += item.bytes;
  return sums;
}

std::map<std::string, std::uint64_t> MemoryBreakdown::by_device() const {
  std::map<std::string, std::uint64_t> sums;
  for (const auto& item : items) sums[item.device] += item.bytes;
  return sums;
}

}  // namespace hearth
