#include "platform/paths.h"

namespace hearth {

Result<std::filesystem::path> user_data_folder(const PathEnvironment& environment) {
  if (const std::filesystem::path home(environment.home); home.is_absolute())
    return home / "Library" / "Application Support";
  return fail(ErrorCode::kInvalidArgument, "neither HEARTH_HOME nor HOME names an absolute folder",
              "set HEARTH_HOME to the folder where Hearth may keep its files");
}

}  // namespace hearth
