#include <sys/mman.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

#include "huge_pages.h"

namespace hearth::llama {
namespace {

constexpr std::uintptr_t kHugePage = std::uintptr_t{2} << 20;

// Large ones that programs allocate. Source: Linux's Documentation/filesystems/proc.rst, /proc/PID/maps.
std::vector<Mapping> large_mappings() {
  std::vector<Mapping> found;
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    std::istringstream fields(line);
    Mapping mapping;
    char dash = 0;
    std::string rights, offset, device, inode, name;
    if (!(fields >> std::hex >> mapping.begin >> dash >> mapping.end >> rights >> offset >> device >> inode)) continue;
    fields >> name;
    if (rights == "rw-p" && inode == "0" && name.empty() && mapping.end - mapping.begin >= kHugePage)
      found.push_back(mapping);
  }
  return found;
}

// Bytes of [begin, end) asked for.
std::uint64_t ask(std::uintptr_t begin, std::uintptr_t end) {
  begin = (begin + kHugePage - 1) / kHugePage * kHugePage;
  end = end / kHugePage * kHugePage;
  if (begin >= end || madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE) != 0) return 0;
  return end - begin;
}

}  // namespace

NewMappings::NewMappings() : before_(large_mappings()) {}

std::uint64_t NewMappings::ask_for_huge_pages() const {
  std::uint64_t asked = 0;
  auto known = before_.begin();
  for (const Mapping& mapping : large_mappings()) {
    // A mapping may have grown together with an older one beside it: what lies between the known ones is new.
    std::uintptr_t at = mapping.begin;
    while (known != before_.end() && known->end <= at) ++known;
    for (auto each = known; each != before_.end() && each->begin < mapping.end; ++each) {
      if (at < each->begin) asked += ask(at, each->begin);
      at = std::max(at, each->end);
    }
    if (at < mapping.end) asked += ask(at, mapping.end);
  }
  return asked;
}

}  // namespace hearth::llama
