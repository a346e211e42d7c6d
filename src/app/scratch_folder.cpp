#include "app/scratch_folder.h"

#include <fmt/format.h>

#include <random>

namespace hearth {

Result<ScratchFolder> ScratchFolder::make(std::string_view what) {
  std::error_code failed;
  const auto temporary = std::filesystem::temp_directory_path(failed);
  if (failed) return fail(ErrorCode::kIo, "the system names no folder for temporary files", "set TMPDIR");
  ScratchFolder folder;
  folder.path_ = temporary / fmt::format("hearth-{}-{:08x}", what, std::random_device{}());
  std::filesystem::create_directory(folder.path_, failed);
  if (failed)
    return fail(ErrorCode::kIo, fmt::format("can't make the folder {}: {}", folder.path_.string(), failed.message()),
                "is the disk full?");
  return folder;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace hearth
