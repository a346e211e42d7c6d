// How much memory this process may still take: the machine's, or less where a container has a limit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "hearth/result.h"

namespace hearth {

struct SystemMemory {
  std::uint64_t total_bytes = 0;             // of the machine
  std::uint64_t available_bytes = 0;         // without swapping, limits of the container counted in
  std::optional<std::uint64_t> limit_bytes;  // the tightest limit of the container; absent without one
};

// `root` holds /proc and /sys: "/" for this machine, another folder for a recorded one. kUnavailable when the system
// doesn't tell.
[[nodiscard]] Result<SystemMemory> system_memory(const std::filesystem::path& root = "/");

}  // namespace hearth
