#include "platform/memory_control_group.h"

#include <algorithm>

#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kTextBytesMax = 1U << 20U;

}  // namespace

std::filesystem::path MemoryControlGroup::own_folder() const {
  const auto own = folder / std::filesystem::path(path).relative_path();
  std::error_code ignored;
  return std::filesystem::is_directory(own, ignored) ? own : folder;
}

std::optional<MemoryControlGroup> memory_control_group(const std::filesystem::path& root) {
  const auto text = read_file(root / "proc/self/cgroup", kTextBytesMax);
  if (!text) return std::nullopt;
  std::optional<MemoryControlGroup> found;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = std::min(text->find('\n', at), text->size());
    const std::string line = text->substr(at, end - at);
    at = end + 1;
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    if (controllers == ",,")
      found = MemoryControlGroup{2, root / "sys/fs/cgroup", path};
    else if (controllers.find(",memory,") != std::string::npos)
      return MemoryControlGroup{1, root / "sys/fs/cgroup/memory", path};
  }
  return found;
}

}  // namespace hearth
