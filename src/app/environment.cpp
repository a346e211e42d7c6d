#include "app/environment.h"

#include <cstdlib>

#include "platform/process.h"

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
  environment.notify_socket = variable("NOTIFY_SOCKET");
  if (variable("LISTEN_PID") == std::to_string(own_process_id()))
    environment.inherited_sockets = static_cast<unsigned>(std::strtoul(variable("LISTEN_FDS").c_str(), nullptr, 10));
  environment.otlp_endpoint = variable("OTEL_EXPORTER_OTLP_ENDPOINT");
  environment.otlp_headers = variable("OTEL_EXPORTER_OTLP_HEADERS");
  return environment;
}

}  // namespace hearth
