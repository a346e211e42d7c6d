// Shared libraries opened at run time.
#pragma once

#include <filesystem>

#include "base/unique_handle.h"
#include "hearth/result.h"

namespace hearth {

struct SharedLibraryTraits {
  using Type = void*;
  static Type invalid() { return nullptr; }
  static void close(Type handle);
};
using SharedLibrary = UniqueHandle<SharedLibraryTraits>;

// Opens a library with all its symbols bound now and visible to nobody else. Its code stays mapped until the process
// ends, even after the handle is closed: vendor libraries leave threads and exit handlers behind that still run in it.
// NotFound: no such file; InvalidData: not a shared library of this machine; Unavailable: a library it needs is
// missing.
Result<SharedLibrary> open_shared_library(const std::filesystem::path& path);

// The same for a library that the system's loader finds by its name ("libnvidia-ml.so.1"). NotFound when it finds none.
Result<SharedLibrary> open_system_library(const char* name);

// The address of an exported symbol, or null.
[[nodiscard]] void* find_symbol(const SharedLibrary& library, const char* name);

}  // namespace hearth
