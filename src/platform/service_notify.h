// Tells the service manager how the service does, as systemd's sd_notify does.
#pragma once

#include <string>
#include <string_view>

#include "hearth/result.h"

namespace hearth {

// Sends `text` ("READY=1", "STOPPING=1", "WATCHDOG=1"; several lines at once are allowed) to the datagram socket that
// the manager named (NOTIFY_SOCKET: a path, or '@' and an abstract name). An empty path means that there is none, and
// nothing is done. Never blocks. InvalidArgument: the path is too long or no path; Unavailable: nobody is there.
// Source: systemd, sd_notify(3), "Notes" (the protocol is stable).
[[nodiscard]] Status service_notify(const std::string& socket_path, std::string_view text);

}  // namespace hearth
