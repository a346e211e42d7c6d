// One end of a stream of frames.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "platform/socket_pair.h"
#include "plugin_host/frame.h"

namespace hearth {

// Says how long a wait may go on. Asked before every wait of one send or receive.
class Patience {
 public:
  virtual ~Patience() = default;
  // Milliseconds to wait before asking again, -1 for as long as it takes; absent: give up.
  virtual std::optional<int> next_wait_ms() = 0;
};

// Sending and receiving may run on two threads at once; each of them on one thread at a time.
// Errors: Unavailable when the peer is gone, DeadlineExceeded when the patience ended, Internal when what came is no
// frame. After any error of a send or a receive the channel is of no more use.
class Channel {
 public:
  explicit Channel(FileDescriptor fd) : fd_(std::move(fd)) {}

  // A null patience waits for ever. Descriptors are borrowed and travel with the frame.
  Status send(FrameKind kind, std::span<const std::byte> payload, Patience* patience = nullptr,
              std::span<const int> descriptors = {});
  // The payload is borrowed until the next receive.
  Result<Frame> receive(Patience* patience = nullptr);
  // The next frame of those that came along with an earlier one; absent when there is none. Never waits.
  Result<std::optional<Frame>> buffered() { return parser_.next(); }
  // The oldest descriptor that came along and was not taken yet; an empty one when there is none.
  FileDescriptor take_descriptor();
  // Wakes both ends; what arrived before can still be received.
  void close_conversation() { shut_down(fd_.get()); }
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  FileDescriptor fd_;
  FrameParser parser_;
  std::vector<FileDescriptor> received_;
};

}  // namespace hearth
