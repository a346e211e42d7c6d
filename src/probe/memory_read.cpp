#include "probe/memory_read.h"

#include <cstring>

namespace hearth {

std::uint64_t read_all(const std::byte* memory, std::size_t bytes) {
  // Sums that don't wait for each other; the compiler makes them the widest registers it may use.
  constexpr std::size_t kStepWords = 32;
  std::uint64_t sums[kStepWords] = {};
  std::uint64_t words[kStepWords];
  for (std::size_t at = 0; at + sizeof(words) <= bytes; at += sizeof(words)) {
    std::memcpy(words, memory + at, sizeof(words));
    for (std::size_t i = 0; i < kStepWords; ++i) sums[i] ^= words[i];
  }
  std::uint64_t sum = 0;
  for (const std::uint64_t part : sums) sum ^= part;
  return sum;
}

}  // namespace hearth
