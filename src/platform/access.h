// What this user may do with a file or a device.
#pragma once

#include <filesystem>

namespace hearth {

// Reading and writing both, for this process's user and groups; nothing is opened.
[[nodiscard]] bool may_write(const std::filesystem::path& path);

}  // namespace hearth
