// Where the operating system found a loaded library.
#pragma once

#include <filesystem>

namespace hearth::llama {

// The folder of the shared library that holds `function`; empty when the system can't tell.
std::filesystem::path folder_of_library_with(const void* function);

}  // namespace hearth::llama
