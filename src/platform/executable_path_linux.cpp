#include <system_error>

#include "platform/executable_path.h"

namespace hearth {

Result<std::filesystem::path> executable_path() {
  std::error_code error;
  auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return fail(ErrorCode::kUnavailable, "can't read /proc/self/exe: " + error.message(), "mount /proc");
  return path;
}

}  // namespace hearth
