// Which (file, runtime version) pairs have loaded and run before. What never has runs in a worker first, because vendor
// libraries abort on what they take for impossible.
#pragma once

#include <filesystem>
#include <string>

#include "hearth/result.h"

namespace hearth {

class LoadHistory {
 public:
  explicit LoadHistory(const std::filesystem::path& home) : file_(home / "load_history.json") {}

  // Identifies a file by path, size and modification time: cheap, and a changed file is a new one.
  [[nodiscard]] static Result<std::string> key(const std::filesystem::path& model, const std::string& runtime,
                                               const std::string& runtime_version);
  // A history that can't be read counts as empty: the worst that follows is a needless worker.
  [[nodiscard]] bool passed(const std::string& key) const;
  // Keeps the newest 512. Processes that write at once may lose one another's entry, never the file.
  [[nodiscard]] Status record_passed(const std::string& key) const;

 private:
  std::filesystem::path file_;
};

}  // namespace hearth
