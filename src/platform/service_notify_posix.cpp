#include "platform/service_notify.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "platform/file.h"
#include "platform/os_error.h"

namespace hearth {

Status service_notify(const std::string& socket_path, std::string_view text) {
  if (socket_path.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const bool known_form = socket_path.front() == '/' || socket_path.front() == '@';
  if (!known_form || socket_path.size() >= sizeof(address.sun_path))
    return fail(ErrorCode::kInvalidArgument, "the service manager's socket '" + socket_path + "' is no socket's path",
                "NOTIFY_SOCKET is set by the service manager; unset it elsewhere");
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';
  const FileDescriptor fd(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!fd) return fail(os_error("open", "socket", errno));
  ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_path.size());
  if (::sendto(fd.get(), text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), size) < 0)
    return fail(ErrorCode::kUnavailable,
                "can't tell the service manager at '" + socket_path + "': " + std::strerror(errno),
                "check that NOTIFY_SOCKET is that of a running service manager");
  return {};
}

}  // namespace hearth
