#include "platform/system_memory.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "platform/file.h"
#include "platform/memory_control_group.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kTextBytesMax = 1U << 20U;

std::optional<std::uint64_t> leading_number(std::string_view text) {
  const auto digits = text.find_first_of("0123456789");
  if (digits == std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data() + digits, text.data() + text.size(), value);
  return parsed.ec == std::errc() ? std::optional(value) : std::nullopt;
}

// The number behind a word at the start of a line: "MemTotal:  24684 kB", "inactive_file 4096".
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(word)) return leading_number(line.substr(word.size()));
    at = end + 1;
  }
  return std::nullopt;
}

// "max" and absent files are no limit.
std::optional<std::uint64_t> number_in(const fs::path& file) {
  const auto text = read_file(file, kTextBytesMax);
  if (!text || text->starts_with("max")) return std::nullopt;
  return leading_number(*text);
}

// What the two versions of the interface call the same things. Source: Documentation/admin-guide/cgroup-v2.rst and
// cgroup-v1/memory.rst of the Linux kernel.
struct GroupFiles {
  const char* limit;
  const char* usage;
  const char* reclaimable;  // the line of memory.stat with file pages the kernel gives back first
};
constexpr GroupFiles kFilesV1 = {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "};
constexpr GroupFiles kFilesV2 = {"memory.max", "memory.current", "inactive_file "};

// A group is bound by its own limit and by those of all groups above it. In a container the mounted tree may begin at
// the process's own group, so that the folders of `path` are not there: the mount's own files then count.
void apply_limits(const MemoryControlGroup& group, SystemMemory& memory) {
  const GroupFiles& files = group.version == 1 ? kFilesV1 : kFilesV2;
  const fs::path relative = fs::path(group.path).relative_path();
  for (fs::path below = relative;; below = below.parent_path()) {
    const fs::path folder = below.empty() ? group.folder : group.folder / below;
    const auto limit = number_in(folder / files.limit);
    // cgroup v1 writes "no limit" as a number near 2^63.
    if (limit && *limit < memory.total_bytes) {
      const std::uint64_t usage = number_in(folder / files.usage).value_or(0);
      const auto stat = read_file(folder / "memory.stat", kTextBytesMax);
      const std::uint64_t reclaimable = stat ? number_after(*stat, files.reclaimable).value_or(0) : 0;
      const std::uint64_t held = usage - std::min(usage, reclaimable);
      memory.limit_bytes = std::min(memory.limit_bytes.value_or(*limit), *limit);
      memory.available_bytes = std::min(memory.available_bytes, *limit - std::min(*limit, held));
    }
    if (below.empty()) return;
  }
}

}  // namespace

Result<SystemMemory> system_memory(const fs::path& root) {
  HEARTH_ASSIGN(text, read_file(root / "proc/meminfo", kTextBytesMax));
  const auto total_kib = number_after(text, "MemTotal:");
  const auto available_kib = number_after(text, "MemAvailable:");
  if (!total_kib || !available_kib)
    return fail(ErrorCode::kUnavailable, (root / "proc/meminfo").string() + " tells no MemTotal or MemAvailable");
  SystemMemory memory{*total_kib * 1024, *available_kib * 1024, std::nullopt};
  if (const auto group = memory_control_group(root)) apply_limits(*group, memory);
  return memory;
}

}  // namespace hearth
