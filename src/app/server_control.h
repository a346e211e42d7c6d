// Starting and stopping the server of a home from another process.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "app/server_lease.h"
#include "hearth/result.h"

namespace hearth {

// kUnavailable when no server runs.
[[nodiscard]] Result<RunningServer> require_server(const std::filesystem::path& home);

// Runs this program again with `arguments`, on its own, and waits until it answers. When it ends before that, the error
// it reported comes back; its outputs are in server_log(home).
[[nodiscard]] Result<RunningServer> start_server_detached(const std::filesystem::path& home,
                                                          const std::vector<std::string>& arguments);

// Asks it to end and waits. kDeadlineExceeded when it still runs after `patience`.
[[nodiscard]] Result<RunningServer> stop_server(const std::filesystem::path& home, std::chrono::milliseconds patience);

// The text of a plan's file.
[[nodiscard]] Result<std::string> plan_text(const std::filesystem::path& file);

}  // namespace hearth
