#include <glob.h>

#include "platform/path_pattern.h"

namespace hearth {

Result<std::vector<std::string>> matching_paths(const std::string& pattern) {
  glob_t found{};
  const int status = ::glob(pattern.c_str(), GLOB_ERR, nullptr, &found);
  std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (status == 0 || status == GLOB_NOMATCH) return paths;
  return fail(ErrorCode::kIo, "a folder of the pattern " + pattern + " can't be read", "check its permissions");
}

}  // namespace hearth
