#include "platform/paths.h"

namespace hearth {

Result<std::filesystem::path> user_data_folder(const PathEnvironment& environment) {
  if (const std::filesystem::path data(environment.xdg_data_home); data.is_absolute()) return data;
  if (const std::filesystem::path home(environment.home); home.is_absolute()) return home / ".local" / "share";
  return fail(ErrorCode::kInvalidArgument, "neither HEARTH_HOME nor XDG_DATA_HOME nor HOME names an absolute folder",
              "set HEARTH_HOME to the folder where Hearth may keep its files");
}

}  // namespace hearth
