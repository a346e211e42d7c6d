// The hash that everything the fake model computes follows from.
#pragma once

#include <cstdint>

#include "hearth/abi/hearth_plugin.h"

namespace hearth::fake {

// The finaliser of SplitMix64. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014.
inline std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31U);
}

// The hash of a history with one more token; that of nothing is 0.
inline std::uint64_t extended_hash(std::uint64_t hash, hearth_token token) {
  return mix(hash ^ static_cast<std::uint64_t>(token));
}

}  // namespace hearth::fake
