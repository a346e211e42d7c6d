#include <mach-o/dyld.h>

#include <string>
#include <system_error>

#include "platform/executable_path.h"

namespace hearth {

Result<std::filesystem::path> executable_path() {
  std::uint32_t size = 0;
  _NSGetExecutablePath(nullptr, &size);  // fails and tells the size
  std::string buffer(size, '\0');
  if (_NSGetExecutablePath(buffer.data(), &size) != 0)
    return fail(ErrorCode::kUnavailable, "the system does not tell where this program lies");
  std::error_code error;
  auto path = std::filesystem::canonical(buffer.c_str(), error);
  if (error) return fail(ErrorCode::kUnavailable, "can't resolve '" + buffer + "': " + error.message());
  return path;
}

}  // namespace hearth
