// Which group of the kernel's accounting holds this process's memory.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace hearth {

struct MemoryControlGroup {
  int version = 2;               // of the interface: 1 or 2
  std::filesystem::path folder;  // where the hierarchy is mounted, below the root it was looked for in
  std::string path;              // of this process's group below it, with a leading slash
  // The group's own folder; the mount itself where, as in a container, the group's folder isn't to be seen.
  [[nodiscard]] std::filesystem::path own_folder() const;
};

// `root` holds /proc and /sys. Absent where the system keeps no such groups. Version 1 where both manage memory.
// Source: cgroups(7).
[[nodiscard]] std::optional<MemoryControlGroup> memory_control_group(const std::filesystem::path& root);

}  // namespace hearth
