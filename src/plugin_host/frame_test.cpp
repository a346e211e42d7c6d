#include "plugin_host/frame.h"

#include <gtest/gtest.h>

#include <cstring>

namespace hearth {
namespace {

std::vector<std::byte> encode(FrameKind kind, std::string_view payload) {
  const auto header = make_frame_header(kind, static_cast<std::uint32_t>(payload.size()));
  std::vector<std::byte> out(header.begin(), header.end());
  for (const char c : payload) out.push_back(static_cast<std::byte>(c));
  return out;
}

void feed(FrameParser& parser, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto room = parser.writable();
    const std::size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    parser.commit(n);
    bytes = bytes.subspan(n);
  }
}

std::string text(const Frame& frame) {
  return {reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size()};
}

TEST(FrameParser, cuts_a_stream_wherever_it_is_broken) {
  std::vector<std::byte> stream = encode(FrameKind::kCall, "one");
  const auto second = encode(FrameKind::kReply, "");
  const auto third = encode(FrameKind::kBytes, std::string(200'000, 'x'));
  stream.insert(stream.end(), second.begin(), second.end());
  stream.insert(stream.end(), third.begin(), third.end());
  for (const std::size_t step : {1UL, 5UL, 12UL, 13UL, 4096UL, stream.size()}) {
    FrameParser parser;
    std::vector<std::size_t> sizes;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      feed(parser, std::span(stream).subspan(at, std::min(step, stream.size() - at)));
      for (;;) {
        auto frame = parser.next();
        ASSERT_TRUE(frame);
        if (!*frame) break;
        if (sizes.empty()) {
          EXPECT_EQ(text(**frame), "one");
        }
        sizes.push_back((*frame)->payload.size());
      }
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{3, 0, 200'000})) << step;
    EXPECT_EQ(parser.pending_bytes(), 0U);
  }
}

TEST(FrameParser, a_truncated_frame_stays_pending) {
  const auto whole = encode(FrameKind::kCall, "payload");
  for (std::size_t n = 1; n < whole.size(); ++n) {
    FrameParser parser;
    feed(parser, std::span(whole).first(n));
    auto frame = parser.next();
    ASSERT_TRUE(frame);
    EXPECT_FALSE(frame->has_value());
    EXPECT_EQ(parser.pending_bytes(), n);
  }
}

TEST(FrameParser, refuses_what_is_no_frame_and_stays_refusing) {
  for (std::size_t at = 0; at < kFrameHeaderBytes; ++at) {
    auto bytes = encode(FrameKind::kCall, "");
    bytes[at] = std::byte{0xFF};
    FrameParser parser;
    feed(parser, bytes);
    auto frame = parser.next();
    // In the lower bytes of the size a change only asks for more bytes.
    if (at >= 8 && at < 11) {
      ASSERT_TRUE(frame) << at;
      EXPECT_FALSE(frame->has_value());
      continue;
    }
    ASSERT_FALSE(frame) << at;
    EXPECT_EQ(frame.error().code, ErrorCode::kInternal);
    EXPECT_FALSE(parser.next());
  }
}

TEST(FrameParser, memory_follows_what_arrived_and_not_what_is_claimed) {
  FrameParser parser;
  const auto header = make_frame_header(FrameKind::kBytes, kFramePayloadBytesMax);
  feed(parser, header);
  ASSERT_TRUE(parser.next());
  EXPECT_LT(parser.writable().size(), 1U << 20);
  FrameParser other;
  feed(other, make_frame_header(FrameKind::kBytes, kFramePayloadBytesMax + 1));
  EXPECT_FALSE(other.next());
}

}  // namespace
}  // namespace hearth
