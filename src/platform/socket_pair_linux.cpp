#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "platform/os_error.h"
#include "platform/socket_pair.h"

namespace hearth {
namespace {

using Control = std::byte[CMSG_SPACE(sizeof(int) * kDescriptorsPerSendMax)];

IoOutcome outcome_of(ssize_t moved, bool zero_is_end) {
  if (moved > 0 || (moved == 0 && !zero_is_end)) return {IoOutcome::Kind::kMoved, static_cast<std::size_t>(moved), 0};
  if (moved == 0) return {IoOutcome::Kind::kClosed, 0, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return {IoOutcome::Kind::kWouldBlock, 0, 0};
  if (errno == EPIPE || errno == ECONNRESET) return {IoOutcome::Kind::kClosed, 0, 0};
  return {IoOutcome::Kind::kFailed, 0, errno};
}

}  // namespace

Result<std::pair<FileDescriptor, FileDescriptor>> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return fail(os_error("make", "socket pair", errno));
  return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

Result<std::pair<FileDescriptor, FileDescriptor>> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(os_error("make", "pipe", errno));
  return std::pair(FileDescriptor(ends[0]), FileDescriptor(ends[1]));
}

IoOutcome send_some(int fd, std::span<const std::byte> head, std::span<const std::byte> tail,
                    std::span<const int> descriptors) {
  iovec parts[2] = {{const_cast<std::byte*>(head.data()), head.size()},
                    {const_cast<std::byte*>(tail.data()), tail.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  alignas(cmsghdr) Control control{};
  if (!descriptors.empty()) {
    const std::size_t n_bytes = std::min(descriptors.size(), kDescriptorsPerSendMax) * sizeof(int);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(n_bytes);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(n_bytes);
    std::memcpy(CMSG_DATA(header), descriptors.data(), n_bytes);
  }
  return outcome_of(::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL), false);
}

IoOutcome receive_some(int fd, std::span<std::byte> out, std::vector<FileDescriptor>& descriptors) {
  iovec part{out.data(), out.size()};
  alignas(cmsghdr) Control control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const IoOutcome outcome = outcome_of(::recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC), true);
  if (outcome.kind != IoOutcome::Kind::kMoved) return outcome;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < n; ++i) {
      int received = -1;
      std::memcpy(&received, CMSG_DATA(header) + i * sizeof(int), sizeof(int));
      descriptors.emplace_back(received);
    }
  }
  return outcome;
}

IoOutcome read_some(int fd, std::span<std::byte> out) { return outcome_of(::read(fd, out.data(), out.size()), true); }

bool wait_ready(int fd, Readiness what, int timeout_ms) {
  pollfd entry{fd, static_cast<short>(what == Readiness::kReadable ? POLLIN : POLLOUT), 0};
  // An interrupted wait counts as ready: the caller tries, finds nothing and asks its bounds again.
  return ::poll(&entry, 1, timeout_ms) != 0;
}

unsigned wait_readable(int first, int second, int timeout_ms) {
  pollfd entries[2] = {{first, POLLIN, 0}, {second, POLLIN, 0}};
  if (::poll(entries, 2, timeout_ms) <= 0) return 0;
  return (entries[0].revents != 0 ? 1U : 0U) | (entries[1].revents != 0 ? 2U : 0U);
}

void shut_down(int fd) { ::shutdown(fd, SHUT_RDWR); }

}  // namespace hearth
