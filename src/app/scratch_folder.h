// A folder for the time that something takes.
#pragma once

#include <filesystem>
#include <string_view>
#include <utility>

#include "hearth/result.h"

namespace hearth {

// Removed with all that is in it. Movable; a moved-from one removes nothing.
class ScratchFolder {
 public:
  // Below the system's folder for temporary files, "hearth-`what`-" and eight digits. kIo where that can't be.
  static Result<ScratchFolder> make(std::string_view what);
  ScratchFolder(ScratchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFolder& operator=(ScratchFolder&&) = delete;
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  ScratchFolder() = default;
  std::filesystem::path path_;
};

}  // namespace hearth
