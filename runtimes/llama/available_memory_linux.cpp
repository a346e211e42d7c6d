#include <algorithm>
#include <fstream>
#include <string>

#include "available_memory.h"

namespace hearth::llama {
namespace {

// A file that holds one number; absent for "max" and where there is no such file.
std::optional<std::uint64_t> number_in(const char* path) {
  std::ifstream file(path);
  std::uint64_t value = 0;
  return file >> value ? std::optional(value) : std::nullopt;
}

}  // namespace

// Source: Linux's Documentation/filesystems/proc.rst (MemAvailable) and admin-guide/cgroup-v2.rst (memory.max).
std::optional<std::uint64_t> available_memory_bytes() {
  std::optional<std::uint64_t> available;
  std::ifstream file("/proc/meminfo");
  for (std::string name; file >> name; file.ignore(256, '\n')) {
    if (name != "MemAvailable:") continue;
    if (std::uint64_t kibibytes = 0; file >> kibibytes) available = kibibytes * 1024;
    break;
  }
  const auto limit = number_in("/sys/fs/cgroup/memory.max");
  const auto used = number_in("/sys/fs/cgroup/memory.current");
  if (limit && used) {
    const auto room = *limit - std::min(*limit, *used);
    available = available ? std::min(*available, room) : room;
  }
  return available;
}

}  // namespace hearth::llama
