// Asks the running server of this home, as `hearth status`, `down` and `verify` do.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "app/server_lease.h"
#include "hearth/result.h"

namespace hearth {

struct ServerAnswer {
  unsigned status = 0;
  std::string body;
};

// One exchange over the server's Unix socket; `body` empty: GET, else POST of JSON. kUnavailable: it does not answer;
// kDeadlineExceeded; kInvalidData: what it answers is no HTTP.
[[nodiscard]] Result<ServerAnswer> ask_server(const RunningServer& server, const std::string& target,
                                              const std::string& body, std::chrono::milliseconds timeout);

}  // namespace hearth
