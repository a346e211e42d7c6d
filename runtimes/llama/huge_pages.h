// Large pieces of memory in pages of 2 MiB: reading all weights for every token misses the translation of 4 KiB ones
// all the time. ggml allocates its buffers itself, so they are found once they are there and before they are filled.
#pragma once

#include <cstdint>
#include <vector>

namespace hearth::llama {

// A stretch of this process's addresses.
struct Mapping {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
};

// Large mappings that came about since this object was made, by whichever thread.
class NewMappings {
 public:
  NewMappings();

  // What of them is not touched yet comes in huge pages, as far as the system has them; bytes that were asked for. Does
  // nothing where the system chooses by itself or its settings say never.
  std::uint64_t ask_for_huge_pages() const;

 private:
  std::vector<Mapping> before_;  // in the order of addresses
};

}  // namespace hearth::llama
