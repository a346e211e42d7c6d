#include "platform/socket_stream.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "platform/os_error.h"

namespace hearth {
namespace {

#if defined(MSG_NOSIGNAL)
constexpr int kSendFlags = MSG_NOSIGNAL;
#else
constexpr int kSendFlags = 0;
#endif

Status wait_for(const FileDescriptor& socket, short events, std::chrono::steady_clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return fail(ErrorCode::kDeadlineExceeded, "the other side did not answer in time");
    pollfd poll_for{socket.get(), events, 0};
    const int ready = ::poll(&poll_for, 1, static_cast<int>(std::min<std::int64_t>(left.count(), 60'000)));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return fail(os_error("wait for", "a socket", errno));
  }
}

}  // namespace

Status send_all(const FileDescriptor& socket, std::string_view bytes, std::chrono::steady_clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket.get(), bytes.data(), bytes.size(), kSendFlags);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      HEARTH_TRY(wait_for(socket, POLLOUT, deadline));
    } else if (errno != EINTR) {
      return fail(ErrorCode::kUnavailable, "the other side closed the connection");
    }
  }
  return {};
}

Result<std::string> receive_all(const FileDescriptor& socket, std::size_t bytes_max,
                                std::chrono::steady_clock::time_point deadline) {
  std::string all;
  char chunk[16384];
  while (true) {
    const ssize_t got = ::recv(socket.get(), chunk, sizeof chunk, 0);
    if (got == 0) return all;
    if (got > 0) {
      all.append(chunk, static_cast<std::size_t>(got));
      if (all.size() > bytes_max) return fail(ErrorCode::kInvalidData, "the answer is larger than it may be");
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      HEARTH_TRY(wait_for(socket, POLLIN, deadline));
    } else if (errno != EINTR) {
      return fail(ErrorCode::kUnavailable, "the other side closed the connection");
    }
  }
}

}  // namespace hearth
