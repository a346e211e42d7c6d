#include "vision/drawing.h"

#include <gtest/gtest.h>

#include "vision/image_decoding.h"
#include "vision/image_encoding.h"

namespace hearth {
namespace {

Image black(std::int32_t width, std::int32_t height) {
  Image image(width, height, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < height; ++y) std::fill_n(image.row(y), image.stride(), std::uint8_t{0});
  return image;
}

std::size_t painted(const Image& image) {
  std::size_t n = 0;
  for (std::int32_t y = 0; y < image.height(); ++y) {
    for (std::int32_t x = 0; x < image.width(); ++x)
      n += image.row(y)[3 * x] + image.row(y)[3 * x + 1] + image.row(y)[3 * x + 2] > 0 ? 1 : 0;
  }
  return n;
}

TEST(Drawing, frames_and_labels_are_painted_where_the_box_is) {
  Image image = black(400, 300);
  Detections detections;
  detections.objects = {{{100, 100, 300, 250}, 0.9F, 0}};
  VisionModel model;
  model.labels = {"person"};
  draw_detections(image, detections, model);
  EXPECT_GT(image.row(101)[3 * 200 + 2], 0) << "upper edge";
  EXPECT_EQ(painted(image) > 2 * (200 + 150), true);
  EXPECT_EQ(image.row(180)[3 * 200], 0) << "the inside stays";
  EXPECT_EQ(image.row(10)[3 * 10], 0);
}

TEST(Drawing, boxes_and_texts_beyond_the_picture_are_cut) {
  Image image = black(64, 64);
  Detections detections;
  detections.objects = {{{-100, -100, 1000, 1000}, 0.5F, 3}, {{60, 60, 64, 64}, 0.5F, 3}, {{5, 5, 5, 5}, 0.5F, -7}};
  detections.masks.push_back({-5, -5, 100, 100, std::vector<std::uint8_t>(10'000, 1)});
  detections.n_masks = 1;
  detections.objects[0].mask = 0;
  detections.objects[1].mask = 9;
  VisionModel model;
  model.labels = {"", "", "", std::string(5000, 'x') + "\xC3\xA9"};
  draw_detections(image, detections, model, {.line_px = 5, .text_px = 300});
  draw_lines(image, std::vector<std::string>(100, "a line that is much too long for a picture of this width"));
  EXPECT_GT(painted(image), 100U);
}

TEST(Drawing, masks_are_mixed_in) {
  Image image = black(64, 64);
  Detections detections;
  detections.objects = {{{10, 30, 50, 60}, 0.5F, 0, 0}};
  detections.masks.push_back({20, 40, 10, 10, std::vector<std::uint8_t>(100, 1)});
  detections.n_masks = 1;
  draw_detections(image, detections, {}, {.line_px = 1, .text_px = 12});
  EXPECT_GT(image.row(45)[3 * 25 + 2], 0);
  EXPECT_EQ(image.row(45)[3 * 35 + 2], 0);
}

TEST(ImageEncoding, what_is_written_is_read_again) {
  Image image = black(50, 40);
  for (std::int32_t y = 16; y < 32; ++y) std::fill_n(image.row(y), image.stride(), std::uint8_t{255});
  for (const auto format : {ImageFileFormat::kPng, ImageFileFormat::kJpeg}) {
    std::vector<std::uint8_t> bytes;
    ASSERT_TRUE(encode_image(image.view(), format, 95, bytes));
    ImageDecoder decoder;
    Image again;
    ASSERT_TRUE(decoder.decode(bytes, {}, again));
    EXPECT_NEAR(again.row(20)[30], 255, 20);
    EXPECT_NEAR(again.row(5)[30], 0, 20);
  }
}

TEST(ImageEncoding, names_tell_the_format_and_bad_orders_are_refused) {
  EXPECT_EQ(*encoding_of_name("a/b.JPEG"), ImageFileFormat::kJpeg);
  EXPECT_EQ(*encoding_of_name("b.png"), ImageFileFormat::kPng);
  EXPECT_FALSE(encoding_of_name("out.gif"));
  EXPECT_FALSE(encoding_of_name("out"));
  std::vector<std::uint8_t> bytes;
  EXPECT_FALSE(encode_image({}, ImageFileFormat::kPng, 90, bytes));
  EXPECT_FALSE(encode_image(black(4, 4).view(), ImageFileFormat::kJpeg, 0, bytes));
  EXPECT_FALSE(encode_image(black(4, 4).view(), ImageFileFormat::kWebp, 90, bytes));
}

}  // namespace
}  // namespace hearth
