// Where the parts of this installation lie. The build tree and the installed tree have the same layout:
//   bin/hearth  lib/hearth/runtimes/  libexec/hearth/hearth-worker  share/hearth/data/
#pragma once

#include <filesystem>

#include "hearth/result.h"

namespace hearth {

struct Installation {
  std::filesystem::path runtimes_folder;
  std::filesystem::path worker_program;
  std::filesystem::path data_folder;

  // From the folder above the running program (or above the library that holds this code).
  static Result<Installation> locate();
  static Installation below(const std::filesystem::path& prefix);
};

}  // namespace hearth
