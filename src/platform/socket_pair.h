// Connected local sockets between two processes, which carry bytes and descriptors. Also pipes for what a child prints.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "hearth/result.h"
#include "platform/file.h"

namespace hearth {

// Two ends of one stream; both close on exec.
Result<std::pair<FileDescriptor, FileDescriptor>> make_socket_pair();
// {read end, write end}; both close on exec.
Result<std::pair<FileDescriptor, FileDescriptor>> make_pipe();

inline constexpr std::size_t kDescriptorsPerSendMax = 4;

// What one attempt moved. Never blocks, never raises SIGPIPE.
struct IoOutcome {
  enum class Kind { kMoved, kWouldBlock, kClosed, kFailed };
  Kind kind = Kind::kMoved;
  std::size_t n_bytes = 0;
  int os_error = 0;  // with kFailed
};

// Sends the bytes of `head` then `tail`, as many as fit; `descriptors` travel with the first byte.
IoOutcome send_some(int fd, std::span<const std::byte> head, std::span<const std::byte> tail,
                    std::span<const int> descriptors = {});
// Receives into `out`; descriptors that came along are appended to `descriptors`. kClosed at the end of the stream.
IoOutcome receive_some(int fd, std::span<std::byte> out, std::vector<FileDescriptor>& descriptors);
// Reads from a pipe.
IoOutcome read_some(int fd, std::span<std::byte> out);

enum class Readiness { kReadable, kWritable };
// Waits until `fd` is ready, closed by the peer, or `timeout_ms` is over (-1: for ever); true unless the time was over.
bool wait_ready(int fd, Readiness what, int timeout_ms);
// Waits until one of two is readable or closed: bit 0 for the first, bit 1 for the second. A negative fd is left out.
unsigned wait_readable(int first, int second, int timeout_ms);

// Ends the conversation in both directions; what arrived before can still be received.
void shut_down(int fd);

}  // namespace hearth
