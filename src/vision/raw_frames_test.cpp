#include "vision/raw_frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "vision/image_decoding.h"
#include "vision/image_encoding.h"

namespace hearth {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes jpeg_of(std::uint8_t grey) {
  Image image(64, 48, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < 48; ++y) std::fill_n(image.row(y), 64 * 3, grey);
  Bytes out;
  EXPECT_TRUE(encode_image(image.view(), ImageFileFormat::kJpeg, 90, out));
  return out;
}

TEST(RawFrames, each_format_gives_its_colours) {
  const std::vector<std::pair<RawPixelFormat, Bytes>> red{
      {RawPixelFormat::kRgb24, {255, 0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0}},
      {RawPixelFormat::kBgr24, {0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 255}},
      {RawPixelFormat::kNv12, {81, 81, 81, 81, 90, 240}},
      {RawPixelFormat::kYuyv, {81, 90, 81, 240, 81, 90, 81, 240}},
  };
  for (const auto& [format, bytes] : red) {
    ASSERT_EQ(*raw_frame_bytes(format, 2, 2), bytes.size());
    for (const auto wanted : {PixelFormat::kRgb, PixelFormat::kBgr}) {
      Image out;
      ASSERT_TRUE(read_raw_frame(bytes, {format, 2, 2}, wanted, out));
      const std::uint8_t* pixel = out.row(1) + 3;
      EXPECT_NEAR(pixel[wanted == PixelFormat::kRgb ? 0 : 2], 255, 2) << raw_pixel_format_name(format);
      EXPECT_NEAR(pixel[1], 0, 2);
      EXPECT_NEAR(pixel[wanted == PixelFormat::kRgb ? 2 : 0], 0, 2);
    }
  }
  Image out;
  ASSERT_TRUE(read_raw_frame(Bytes{1, 2, 3, 4}, {RawPixelFormat::kGray, 2, 2}, PixelFormat::kRgb, out));
  EXPECT_EQ(out.row(1)[2], 3);
}

TEST(RawFrames, wrong_sizes_and_names_are_refused) {
  Image out;
  const auto short_frame = read_raw_frame(Bytes(11), {RawPixelFormat::kRgb24, 2, 2}, PixelFormat::kRgb, out);
  ASSERT_FALSE(short_frame);
  EXPECT_EQ(short_frame.error().code, ErrorCode::kInvalidData);
  EXPECT_FALSE(raw_frame_bytes(RawPixelFormat::kNv12, 3, 2));
  EXPECT_FALSE(raw_frame_bytes(RawPixelFormat::kRgb24, 0x7FFFFFFF, 2));
  EXPECT_FALSE(raw_frame_bytes(RawPixelFormat::kRgb24, 0, 2));
  EXPECT_FALSE(raw_frame_bytes(RawPixelFormat::kRgb24, 2, -2));
  EXPECT_EQ(*raw_pixel_format_of_name("yuyv"), RawPixelFormat::kYuyv);
  EXPECT_THAT(raw_pixel_format_of_name("i420").error().hint, ::testing::HasSubstr("nv12"));
}

TEST(MjpegSplitter, pictures_are_found_however_the_stream_is_cut) {
  std::vector<Bytes> pictures{jpeg_of(10), jpeg_of(200), jpeg_of(90)};
  Bytes stream{'-', '-', 'b', '\r', '\n'};
  for (const Bytes& picture : pictures) {
    stream.insert(stream.end(), picture.begin(), picture.end());
    for (const char c : std::string("\r\n--boundary\r\nContent-Type: image/jpeg\r\n\r\n"))
      stream.push_back(static_cast<std::uint8_t>(c));
  }
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{1000}, stream.size()}) {
    MjpegSplitter splitter;
    std::vector<Bytes> found;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      splitter.feed(std::span(stream).subspan(at, std::min(step, stream.size() - at)));
      while (true) {
        const auto next = splitter.next();
        ASSERT_TRUE(next);
        if (!*next) break;
        found.emplace_back((*next)->begin(), (*next)->end());
      }
    }
    EXPECT_EQ(found, pictures) << "step " << step;
    EXPECT_EQ(splitter.pending_bytes(), 0U);
  }
}

TEST(MjpegSplitter, a_thumbnail_inside_does_not_end_a_picture) {
  const Bytes thumbnail = jpeg_of(1);
  Bytes picture = jpeg_of(99);
  const auto length = static_cast<std::uint16_t>(2 + thumbnail.size());
  Bytes segment{0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length)};
  segment.insert(segment.end(), thumbnail.begin(), thumbnail.end());
  picture.insert(picture.begin() + 2, segment.begin(), segment.end());
  MjpegSplitter splitter;
  splitter.feed(picture);
  const auto next = splitter.next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->size(), picture.size());
}

TEST(MjpegSplitter, a_picture_without_end_is_refused_and_the_next_one_found) {
  MjpegSplitter splitter(5000);
  splitter.feed(Bytes{0xFF, 0xD8, 0xFF, 0xDA, 0, 2});
  for (int i = 0; i < 6; ++i) splitter.feed(Bytes(1000, 7));
  const auto endless = splitter.next();
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().code, ErrorCode::kInvalidData);
  const Bytes picture = jpeg_of(5);
  splitter.feed(picture);
  const auto next = splitter.next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ((*next)->size(), picture.size());
}

TEST(MjpegSplitter, what_was_cut_off_is_counted) {
  const Bytes picture = jpeg_of(5);
  MjpegSplitter splitter;
  splitter.feed(std::span(picture).first(100));
  const auto next = splitter.next();
  ASSERT_TRUE(next);
  EXPECT_FALSE(*next);
  EXPECT_EQ(splitter.pending_bytes(), 100U);
}

}  // namespace
}  // namespace hearth
