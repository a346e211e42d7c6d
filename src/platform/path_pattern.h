// Files by pattern, for what a shell did not expand.
#pragma once

#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// The paths that match a pattern of *, ? and [...], sorted; none is no error. Io where a folder can't be read.
[[nodiscard]] Result<std::vector<std::string>> matching_paths(const std::string& pattern);

}  // namespace hearth
