// What a prefix cache did and holds, by tier.
#pragma once

#include <array>
#include <cstdint>

#include "schedule/prefix_index.h"

namespace hearth {

struct KvCacheFacts {
  std::array<std::uint64_t, kCacheTiers> hit_tokens{};  // since the start
  std::array<std::uint64_t, kCacheTiers> bytes{};       // held now
  std::array<std::uint64_t, kCacheTiers> entries{};
  std::uint64_t missed_tokens = 0;
  std::uint64_t damaged_blocks = 0;  // torn or wrong: dropped and computed again
  std::uint64_t write_failures = 0;  // disk full, read-only ...: the cache goes on without
  std::uint64_t evicted_blocks = 0;
};

}  // namespace hearth
