#include "platform/watched_process.h"

namespace hearth {

SocketTarget judge_socket_address(std::string_view) { return {}; }

Result<std::unique_ptr<WatchedProcess>> WatchedProcess::start(const WatchOptions&) {
  return fail(ErrorCode::kUnsupported, "this system has no way to watch another program's sockets that needs no driver",
              "prove it on Linux");
}

WatchedProcess::~WatchedProcess() = default;
std::optional<ExitStatus> WatchedProcess::wait(std::chrono::milliseconds) { return exit_; }
std::vector<WatchedCall> WatchedProcess::refused() const { return {}; }

}  // namespace hearth
