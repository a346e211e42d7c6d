#include "plugin_host/channel.h"

#include "platform/os_error.h"

namespace hearth {
namespace {

Status wait(int fd, Readiness what, Patience* patience) {
  const auto wait_ms = patience == nullptr ? std::optional(-1) : patience->next_wait_ms();
  if (!wait_ms) return fail(ErrorCode::kDeadlineExceeded, "the other process did not answer in time");
  wait_ready(fd, what, *wait_ms);
  return {};
}

}  // namespace

Status Channel::send(FrameKind kind, std::span<const std::byte> payload, Patience* patience,
                     std::span<const int> descriptors) {
  if (payload.size() > kFramePayloadBytesMax)
    return fail(ErrorCode::kInvalidArgument,
                "a request of " + std::to_string(payload.size()) + " bytes is more than a worker takes at once",
                "send less than 64 MiB in one call");
  const FrameHeader header = make_frame_header(kind, static_cast<std::uint32_t>(payload.size()));
  std::span<const std::byte> head = header;
  while (!head.empty() || !payload.empty()) {
    const IoOutcome sent = send_some(fd_.get(), head, payload, descriptors);
    switch (sent.kind) {
      case IoOutcome::Kind::kMoved: {
        const std::size_t of_head = std::min(sent.n_bytes, head.size());
        head = head.subspan(of_head);
        payload = payload.subspan(sent.n_bytes - of_head);
        descriptors = {};
        break;
      }
      case IoOutcome::Kind::kWouldBlock: HEARTH_TRY(wait(fd_.get(), Readiness::kWritable, patience)); break;
      case IoOutcome::Kind::kClosed: return fail(ErrorCode::kUnavailable, "the other process closed the connection");
      case IoOutcome::Kind::kFailed: return fail(os_error("send to", "the other process", sent.os_error));
    }
  }
  return {};
}

Result<Frame> Channel::receive(Patience* patience) {
  for (;;) {
    HEARTH_ASSIGN(frame, parser_.next());
    if (frame) return *frame;
    const IoOutcome got = receive_some(fd_.get(), parser_.writable(), received_);
    switch (got.kind) {
      case IoOutcome::Kind::kMoved: parser_.commit(got.n_bytes); break;
      case IoOutcome::Kind::kWouldBlock: HEARTH_TRY(wait(fd_.get(), Readiness::kReadable, patience)); break;
      case IoOutcome::Kind::kClosed:
        return fail(ErrorCode::kUnavailable, parser_.pending_bytes() == 0
                                                 ? "the other process closed the connection"
                                                 : "the other process closed the connection inside a frame");
      case IoOutcome::Kind::kFailed: return fail(os_error("receive from", "the other process", got.os_error));
    }
  }
}

FileDescriptor Channel::take_descriptor() {
  if (received_.empty()) return {};
  FileDescriptor first = std::move(received_.front());
  received_.erase(received_.begin());
  return first;
}

}  // namespace hearth
