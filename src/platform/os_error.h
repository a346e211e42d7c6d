// Turns an operating system's error number into Hearth's Error, in one place for all of platform.
#pragma once

#include <string_view>

#include "hearth/error.h"

namespace hearth {

// `action` is what was tried ("open", "write"), `subject` what it was tried on (a path, an address).
// `os_error` is errno's value (POSIX). The code is one of NotFound, PermissionDenied, InvalidArgument, InvalidData
// (a folder given where a file is expected, or the reverse), OutOfMemory, Unavailable, Io.
[[nodiscard]] Error os_error(std::string_view action, std::string_view subject, int os_error);

}  // namespace hearth
