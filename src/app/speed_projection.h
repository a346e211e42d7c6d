// Projects the speeds of a table of rows by the fitted speed model of this installation.
#pragma once

#include <filesystem>

#include "hearth/result.h"

namespace hearth {

// Reads `rows` (tab-separated, at most 256 MiB), writes them with the projections to `out`, atomically; returns how
// many rows. kInvalidData: the table lacks a needed column; the file errors of platform/file.h.
[[nodiscard]] Result<std::size_t> project_table(const std::filesystem::path& data_folder,
                                                const std::filesystem::path& rows, const std::filesystem::path& out);

}  // namespace hearth
