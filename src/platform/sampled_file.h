// A small file of the kernel's that is read again and again: kept open, read without allocating.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "platform/file.h"

namespace hearth {

// Externally synchronised. Costs one descriptor while it can be read.
class SampledFile {
 public:
  SampledFile() = default;
  explicit SampledFile(std::filesystem::path path) : path_(std::move(path)) {}

  // The content as it is now, at most the first 4095 bytes; valid until the next call. Empty when it can't be read: a
  // file that went away is looked for again by the next call. /proc and /sys make the content at every read of
  // offset 0.
  [[nodiscard]] std::string_view text();
  // The whole number it begins with, after blanks.
  [[nodiscard]] std::optional<std::int64_t> integer();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  FileDescriptor fd_;
  std::array<char, 4096> buffer_{};
};

}  // namespace hearth
