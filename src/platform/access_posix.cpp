#include <unistd.h>

#include "platform/access.h"

namespace hearth {

bool may_write(const std::filesystem::path& path) { return ::access(path.c_str(), R_OK | W_OK) == 0; }

}  // namespace hearth
