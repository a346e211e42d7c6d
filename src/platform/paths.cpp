#include "platform/paths.h"

#include <system_error>

namespace hearth {

Result<std::filesystem::path> hearth_home_folder(const PathEnvironment& environment) {
  if (environment.hearth_home.empty()) {
    HEARTH_ASSIGN(data, user_data_folder(environment));
    return data / "hearth";
  }
  std::error_code failure;
  const auto folder = std::filesystem::absolute(environment.hearth_home, failure);
  if (failure)
    return fail(ErrorCode::kInvalidArgument,
                "HEARTH_HOME is '" + environment.hearth_home + "', which is no usable folder: " + failure.message(),
                "set it to an absolute path");
  return folder.lexically_normal();
}

}  // namespace hearth
