#include "plugin_host/frame.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace hearth {
namespace {

constexpr std::size_t kRoomBytes = 64U << 10;

struct RawHeader {
  std::uint32_t magic;
  std::uint32_t kind;
  std::uint32_t size;
};
static_assert(sizeof(RawHeader) == kFrameHeaderBytes);

}  // namespace

FrameHeader make_frame_header(FrameKind kind, std::uint32_t payload_bytes) {
  const RawHeader raw{kFrameMagic, static_cast<std::uint32_t>(kind), payload_bytes};
  FrameHeader header;
  std::memcpy(header.data(), &raw, sizeof(raw));
  return header;
}

std::span<std::byte> FrameParser::writable() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0 && buffer_.size() - end_ < kRoomBytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < kRoomBytes) buffer_.resize(std::max(buffer_.size() * 2, end_ + kRoomBytes));
  return std::span(buffer_).subspan(end_);
}

Result<std::optional<Frame>> FrameParser::next() {
  if (end_ - begin_ < kFrameHeaderBytes) return std::optional<Frame>();
  RawHeader raw{};
  std::memcpy(&raw, buffer_.data() + begin_, sizeof(raw));
  const bool known = raw.kind >= static_cast<std::uint32_t>(FrameKind::kHello) &&
                     raw.kind <= static_cast<std::uint32_t>(FrameKind::kPulled);
  if (raw.magic != kFrameMagic || !known || raw.size > kFramePayloadBytesMax)
    return fail(ErrorCode::kInternal, "received bytes that are no frame (magic " + std::to_string(raw.magic) +
                                          ", kind " + std::to_string(raw.kind) + ", size " + std::to_string(raw.size) +
                                          ")");
  if (end_ - begin_ - kFrameHeaderBytes < raw.size) return std::optional<Frame>();
  const Frame frame{static_cast<FrameKind>(raw.kind), std::span(buffer_).subspan(begin_ + kFrameHeaderBytes, raw.size)};
  begin_ += kFrameHeaderBytes + raw.size;
  return std::optional<Frame>(frame);
}

}  // namespace hearth
