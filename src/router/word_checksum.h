// A checksum against damage, not against intent: FNV-1a over words of 64 bits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace hearth {

// Of whole words; up to seven bytes at the end don't count. Source: Fowler, Noll, Vo, FNV-1a with its 64-bit constants.
[[nodiscard]] inline std::uint64_t word_checksum(std::span<const std::byte> bytes) {
  std::uint64_t h = 0xCBF29CE484222325U;
  for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    h = (h ^ word) * 0x100000001B3U;
  }
  return h;
}

}  // namespace hearth
