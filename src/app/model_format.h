// Which format a model file is in, from its first bytes, else its name.
#pragma once

#include <filesystem>
#include <string>

#include "hearth/result.h"

namespace hearth {

// "gguf", "fake" ... as runtimes name them in RuntimeInfo::formats. kInvalidData with the first bytes when nothing fits.
[[nodiscard]] Result<std::string> detect_format(const std::filesystem::path& path);

}  // namespace hearth
