#include "app/environment.h"

#include <cstdlib>

namespace hearth {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);  // before any thread starts
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Environment Environment::read() {
  Environment environment;
  environment.paths.hearth_home = variable("HEARTH_HOME");
  environment.paths.home = variable("HOME");
  environment.paths.xdg_data_home = variable("XDG_DATA_HOME");
  const std::string offline = variable("HEARTH_OFFLINE");
  environment.offline = !offline.empty() && offline != "0";
  environment.no_color = !variable("NO_COLOR").empty();
  environment.term = variable("TERM");
  return environment;
}

}  // namespace hearth
