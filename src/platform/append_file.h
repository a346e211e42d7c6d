// A file that only grows: journals.
#pragma once

#include <filesystem>
#include <string_view>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// Externally synchronised.
class AppendFile {
 public:
  // Makes the file where it is not there. Errors as of platform/file.h.
  [[nodiscard]] static Result<AppendFile> open(const std::filesystem::path& path);

  // Hands the bytes to the system in one call, which keeps them when this process is killed; a loss of power may cut
  // them. Cost: microseconds. kIo: the disk is full, or only a part was taken.
  Status append(std::string_view bytes) const;

 private:
  AppendFile(FileDescriptor fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}
  FileDescriptor fd_;
  std::filesystem::path path_;
};

}  // namespace hearth
