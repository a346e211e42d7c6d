// The SHA-256 of large files, remembered: hashing gigabytes again at every start would cost seconds.
#pragma once

#include <filesystem>
#include <string>

#include "hearth/result.h"

namespace hearth {

// 64 hexadecimal digits. What is remembered in `home` counts as long as path, size and time of change are the same;
// a memory that can't be read or written only costs time. Errors as sha256_file.
[[nodiscard]] Result<std::string> remembered_sha256(const std::filesystem::path& file,
                                                    const std::filesystem::path& home);

}  // namespace hearth
