// The disk below a folder: how much room it has, and how fast it is when nothing is remembered.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "hearth/result.h"

namespace hearth {

struct DiskSpace {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;  // for this user
};
// NotFound, PermissionDenied, Io.
Result<DiskSpace> disk_space(const std::filesystem::path& folder);

// "259:2", the number of the block device that holds the folder's file system; absent for file systems of no device of
// their own (overlay, tmpfs, network).
[[nodiscard]] std::optional<std::string> block_device_of(const std::filesystem::path& folder);

struct DiskTrial {
  std::uint64_t file_bytes = 0;  // how much may be written
  std::chrono::milliseconds write_max{1000};
  std::chrono::milliseconds sequential_max{700};
  std::chrono::milliseconds random_max{500};
};

struct DiskSpeed {
  std::vector<double> sequential_GBps;  // of each stretch of the file
  std::vector<double> random_4k_iops;   // of each group of reads, one at a time
  std::uint64_t file_bytes = 0;
};

// Writes a file without a name into `folder`, reads it back past the page cache and lets it go: it leaves nothing, not
// even when the process is killed. A drive's own cache may hold what was just written.
// PermissionDenied, Io (disk full), Unsupported where the file system can't read past the cache or writes too slowly
// to fill enough of a file in time. Cost: the three times of `trial`, and writing file_bytes.
Result<DiskSpeed> try_disk(const std::filesystem::path& folder, const DiskTrial& trial);

}  // namespace hearth
