// Programs that go on when this one ends.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Starts a program in a session of its own: no terminal, /dev/null as standard input, both outputs appended to
// `log_file` (made for its owner alone). Returns its process id; nobody has to wait for it. NotFound, PermissionDenied,
// Unavailable, Io.
[[nodiscard]] Result<int> start_detached(const std::filesystem::path& program,
                                         const std::vector<std::string>& arguments,
                                         const std::filesystem::path& log_file);

// Asks a process to end (SIGTERM). NotFound when there is none; PermissionDenied.
[[nodiscard]] Status ask_to_end(int pid);

}  // namespace hearth
