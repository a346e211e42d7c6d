#include "support/paths.h"

namespace hearth::test {

const std::filesystem::path& source_dir() {
  static const std::filesystem::path path = HEARTH_SOURCE_DIR;
  return path;
}

const std::filesystem::path& build_dir() {
  static const std::filesystem::path path = HEARTH_BINARY_DIR;
  return path;
}

const std::filesystem::path& shared_dir() {
  static const std::filesystem::path path = HEARTH_SHARED_DIR;
  return path;
}

}  // namespace hearth::test
