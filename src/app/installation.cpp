#include "app/installation.h"

#include "platform/executable_path.h"

namespace hearth {

Installation Installation::below(const std::filesystem::path& prefix) {
  return {prefix / "lib/hearth/runtimes", prefix / "libexec/hearth/hearth-worker", prefix / "share/hearth/data"};
}

Result<Installation> Installation::locate() {
  HEARTH_ASSIGN(program, executable_path());
  return below(program.parent_path().parent_path());
}

}  // namespace hearth
