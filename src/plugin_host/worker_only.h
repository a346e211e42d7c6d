// Plugins that are opened in worker processes alone, whatever transport is asked for: libraries whose licence or faults
// must not reach this process. Their file says so, since it must be known before they are opened.
#pragma once

#include <filesystem>
#include <string_view>

namespace hearth {

// libhearth_runtime_<name>.worker.so. Asking such a plugin anything starts a process.
inline constexpr std::string_view kWorkerOnlySuffix = ".worker.so";

[[nodiscard]] inline bool is_worker_only(const std::filesystem::path& library) {
  return library.native().ends_with(kWorkerOnlySuffix);
}

}  // namespace hearth
