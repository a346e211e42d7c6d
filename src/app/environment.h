// The only place that reads environment variables. Everything below gets values.
#pragma once

#include <filesystem>
#include <string>

#include "hearth/result.h"
#include "platform/paths.h"

namespace hearth {

struct Environment {
  PathEnvironment paths;
  bool offline = false;   // HEARTH_OFFLINE=1
  bool no_color = false;  // NO_COLOR set to anything but empty (no-color.org)
  std::string term;       // TERM

  static Environment read();
};

}  // namespace hearth
