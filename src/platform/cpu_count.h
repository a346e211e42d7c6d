// How many CPUs this process may use.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace hearth {

// CPUs of the affinity mask or, rounded up, of the container's CPU quota, whichever is less. At least 1.
// `root` stands for "/" and is another folder in tests only.
[[nodiscard]] unsigned usable_cpu_count(const std::filesystem::path& root = "/");

// The content of a cgroup's cpu.max ("quota period") as whole CPUs, rounded up; absent when it sets no limit ("max
// ...") or is not that. Source: Linux kernel documentation, admin-guide/cgroup-v2.rst.
[[nodiscard]] std::optional<unsigned> parse_cpu_max(std::string_view cpu_max);

}  // namespace hearth
