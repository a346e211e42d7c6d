// The worker's side: opens one plugin and serves its tables to the host on lanes.
#pragma once

#include <filesystem>

#include "platform/file.h"

namespace hearth {

// Serves until the host closes `main_channel`, then returns the exit status: 0, or 1 when the plugin did not open or
// the host sent what makes no sense. The caller ends the process at once (exit_now): threads of the plugin and of lanes
// may still run. One call a process.
int serve_worker(FileDescriptor main_channel, const std::filesystem::path& plugin);

}  // namespace hearth
