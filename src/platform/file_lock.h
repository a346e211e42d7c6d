// A file that one process at a time may hold.
#pragma once

#include <filesystem>
#include <optional>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// Held until this is destroyed or the process ends, however it ends.
class FileLock {
 public:
  // Makes the file where it is not there. Nothing when another process (or another FileLock) holds it; does not wait.
  // Errors as of platform/file.h.
  static Result<std::optional<FileLock>> try_acquire(const std::filesystem::path& path);

 private:
  explicit FileLock(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

}  // namespace hearth
