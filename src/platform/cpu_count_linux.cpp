#include <sched.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <thread>

#include "platform/cpu_count.h"
#include "platform/file.h"

namespace hearth {
namespace {

constexpr std::uint64_t kTextBytesMax = 64U << 10;

std::string text_of(const std::filesystem::path& path) {
  return read_file(path, kTextBytesMax).value_or(std::string());
}

// Where the process's group of version 2 lies below the mount ("0::/path"); empty for the root group.
std::filesystem::path group_below_mount(std::string_view proc_self_cgroup) {
  const auto at = proc_self_cgroup.find("0::/");
  if (at == std::string_view::npos || (at != 0 && proc_self_cgroup[at - 1] != '\n')) return {};
  const auto path = proc_self_cgroup.substr(at + 4);
  return std::filesystem::path(path.substr(0, path.find('\n')));
}

}  // namespace

std::optional<unsigned> parse_cpu_max(std::string_view cpu_max) {
  std::uint32_t quota = 0;
  std::uint32_t period = 0;
  const char* const last = cpu_max.data() + cpu_max.size();
  const auto first = std::from_chars(cpu_max.data(), last, quota);
  if (first.ec != std::errc() || first.ptr == last || *first.ptr != ' ') return std::nullopt;
  if (std::from_chars(first.ptr + 1, last, period).ec != std::errc() || period == 0) return std::nullopt;
  return static_cast<unsigned>(std::max<std::uint64_t>(1, (std::uint64_t{quota} + period - 1) / period));
}

unsigned usable_cpu_count(const std::filesystem::path& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  // The call fails on machines with more CPUs than the set holds; there the count of all of them is the best known.
  unsigned count = ::sched_getaffinity(0, sizeof(set), &set) == 0 ? static_cast<unsigned>(CPU_COUNT(&set))
                                                                  : std::thread::hardware_concurrency();
  const auto mount = root / "sys/fs/cgroup";
  // The quota of every group above binds too.
  auto below = group_below_mount(text_of(root / "proc/self/cgroup"));
  for (bool at_mount = false; !at_mount; below = below.parent_path()) {
    at_mount = below.empty();
    if (const auto quota = parse_cpu_max(text_of(mount / below / "cpu.max"))) count = std::min(count, *quota);
  }
  return std::max(1U, count);
}

}  // namespace hearth
