// Frames between the host and hearth-worker: a 12-byte header (magic, kind, payload size; host byte order, as both ends
// run on one machine) and the payload. The other side may be broken, so nothing in a frame is believed before it is
// checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "hearth/result.h"

namespace hearth {

enum class FrameKind : std::uint32_t {
  kHello = 1,   // worker, once, on the main channel: did the plugin open?
  kLane,        // host, on the main channel, with two descriptors: the lane's socket and its control page
  kCall,        // host: a request
  kReply,       // worker: the end of a request; may carry the descriptor of a row region
  kBytes,       // worker: bytes for the caller's sink
  kMemoryItem,  // worker: one item for the caller's memory emit
  kTokens,      // worker: tokens for the caller's emit
  kLog,         // worker: a line for the host's logger
  kPull,        // worker: wants up to so many bytes of the caller's source
  kPulled,      // host: those bytes; none at the end
};

// Larger payloads are refused before memory is taken for them. Streams are cut into kStreamChunkBytes.
inline constexpr std::uint32_t kFramePayloadBytesMax = 64U << 20;
inline constexpr std::size_t kStreamChunkBytes = 256U << 10;
inline constexpr std::size_t kFrameHeaderBytes = 12;
inline constexpr std::uint32_t kFrameMagic = 0x48465231;  // "1RFH"

using FrameHeader = std::array<std::byte, kFrameHeaderBytes>;
FrameHeader make_frame_header(FrameKind kind, std::uint32_t payload_bytes);

struct Frame {
  FrameKind kind = FrameKind::kHello;
  std::span<const std::byte> payload;  // borrowed from the parser until its next writable()
};

// Cuts a stream of bytes into frames. Memory grows with what really arrived, not with what a header claims.
// Externally synchronised.
class FrameParser {
 public:
  // Room for at least 1 byte to receive into; makes the payloads of earlier frames invalid.
  std::span<std::byte> writable();
  // So many bytes of the room were filled.
  void commit(std::size_t n_bytes) { end_ += n_bytes; }
  // The next whole frame; absent when more bytes are needed. Internal when the stream is not one of frames; it stays
  // so.
  Result<std::optional<Frame>> next();
  // Bytes of a frame that is not whole yet: an end of the stream now is a truncation.
  [[nodiscard]] std::size_t pending_bytes() const { return end_ - begin_; }

 private:
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0;  // of the first byte not yet given out
  std::size_t end_ = 0;    // of what was received
};

}  // namespace hearth
