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
  // What a service manager gives: where to tell it of readiness, and sockets that are open already, from descriptor 3
  // on.
  std::string notify_socket;       // NOTIFY_SOCKET
  unsigned inherited_sockets = 0;  // LISTEN_FDS, where LISTEN_PID is this process
  std::string otlp_endpoint;       // OTEL_EXPORTER_OTLP_ENDPOINT
  std::string otlp_headers;        // OTEL_EXPORTER_OTLP_HEADERS

  static Environment read();
};

}  // namespace hearth
