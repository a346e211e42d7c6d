// Where the operating system found ggml, whose kernels lie beside it.
#pragma once

#include <string>
#include <vector>

namespace hearth::whisper {

// Folders that may hold ggml's backends: an installation keeps them beside the library, the pinned package beside its
// programs. Empty when the system can't tell.
[[nodiscard]] std::vector<std::string> backend_folders();

}  // namespace hearth::whisper
