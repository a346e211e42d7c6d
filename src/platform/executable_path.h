// Where the running program lies, from which it finds its plugins, worker and data.
#pragma once

#include <filesystem>

#include "hearth/result.h"

namespace hearth {

// The absolute path of the running program's file, links resolved. Unavailable when the system doesn't tell.
Result<std::filesystem::path> executable_path();

}  // namespace hearth
