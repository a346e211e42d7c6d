#include "vision/image_decoding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spng.h>
#include <turbojpeg.h>
#include <webp/encode.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "support/paths.h"
#include "vision/image_encoding.h"

namespace hearth {
namespace {

using Bytes = std::vector<std::uint8_t>;
using ::testing::HasSubstr;

// Red in the upper left, green right, blue below, white elsewhere: every turn is told apart.
Image marked(std::int32_t width, std::int32_t height, PixelFormat format = PixelFormat::kRgb) {
  Image image(width, height, format);
  for (std::int32_t y = 0; y < height; ++y) {
    for (std::int32_t x = 0; x < width; ++x) {
      std::array<std::uint8_t, 3> rgb{255, 255, 255};
      if (x < width / 2 && y < height / 2) rgb = {255, 0, 0};
      if (x >= width / 2 && y < height / 2) rgb = {0, 255, 0};
      if (x < width / 2 && y >= height / 2) rgb = {0, 0, 255};
      if (format == PixelFormat::kBgr) std::swap(rgb[0], rgb[2]);
      std::copy(rgb.begin(), rgb.end(), image.row(y) + x * 3);
    }
  }
  return image;
}

Bytes encoded(const Image& image, ImageFileFormat format) {
  Bytes out;
  EXPECT_TRUE(encode_image(image.view(), format, 95, out));
  return out;
}

void put_u32(Bytes& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(shift)));
}
void put_le(Bytes& out, std::uint32_t value, int n_bytes) {
  for (int i = 0; i < n_bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> static_cast<unsigned>(8 * i)));
}

// A TIFF structure with nothing but an orientation.
Bytes exif_with(std::uint8_t orientation, bool big_endian) {
  if (big_endian)
    return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0};
  return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0};
}

Bytes jpeg_with_exif(const Bytes& jpeg, const Bytes& exif) {
  Bytes out(jpeg.begin(), jpeg.begin() + 2);
  const auto length = static_cast<std::uint32_t>(2 + 6 + exif.size());
  out.insert(out.end(), {0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length), 'E',
                         'x', 'i', 'f', 0, 0});
  out.insert(out.end(), exif.begin(), exif.end());
  out.insert(out.end(), jpeg.begin() + 2, jpeg.end());
  return out;
}

// "R", "G", "B" or "W", whichever a pixel is nearest to.
char colour_at(const Image& image, std::int32_t x, std::int32_t y) {
  const std::uint8_t* p = image.row(y) + std::ptrdiff_t{x} * 3;
  const std::uint8_t red = p[image.format() == PixelFormat::kBgr ? 2 : 0];
  const std::uint8_t blue = p[image.format() == PixelFormat::kBgr ? 0 : 2];
  if (red > 128 && p[1] > 128 && blue > 128) return 'W';
  return red > 128 ? 'R' : p[1] > 128 ? 'G' : 'B';
}

// The corners' colours: upper left, upper right, lower left, lower right.
std::string corners(const Image& image) {
  const std::int32_t right = image.width() - 3;
  const std::int32_t bottom = image.height() - 3;
  return {colour_at(image, 2, 2), colour_at(image, right, 2), colour_at(image, 2, bottom),
          colour_at(image, right, bottom)};
}

Bytes png_of(const Bytes& pixels, const spng_ihdr& header, spng_plte* palette = nullptr) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr copy = header;
  EXPECT_EQ(spng_set_ihdr(context, &copy), 0);
  if (palette != nullptr) EXPECT_EQ(spng_set_plte(context, palette), 0);
  EXPECT_EQ(spng_encode_image(context, pixels.data(), pixels.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
  int code = 0;
  std::size_t n = 0;
  void* bytes = spng_get_png_buffer(context, &n, &code);
  Bytes out(static_cast<std::uint8_t*>(bytes), static_cast<std::uint8_t*>(bytes) + n);
  std::free(bytes);
  spng_ctx_free(context);
  return out;
}

spng_ihdr png_header(std::uint32_t side, std::uint8_t bits, std::uint8_t colour_type) {
  return {side, side, bits, colour_type, 0, 0, 0};
}

std::uint32_t crc_of(const std::uint8_t* bytes, std::size_t n) {
  std::uint32_t crc = 0xFFFFFFFFU;
  for (std::size_t i = 0; i < n; ++i) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

Bytes webp_of(const Image& image) {
  std::uint8_t* bytes = nullptr;
  const std::size_t n =
      WebPEncodeLosslessRGB(image.row(0), image.width(), image.height(), static_cast<int>(image.stride()), &bytes);
  Bytes out(bytes, bytes + n);
  WebPFree(bytes);
  return out;
}

Bytes bmp_header(std::uint32_t width, std::uint32_t height, std::uint16_t bits) {
  Bytes out{'B', 'M'};
  put_le(out, 0, 4);
  put_le(out, 0, 4);
  put_le(out, 54, 4);
  put_le(out, 40, 4);
  put_le(out, width, 4);
  put_le(out, height, 4);
  put_le(out, 1, 2);
  put_le(out, bits, 2);
  put_le(out, 0, 24);
  out.resize(54);
  return out;
}

Result<ImageInfo> decode(const Bytes& bytes, Image& out, const DecodeRequest& request = {}) {
  ImageDecoder decoder;
  return decoder.decode(bytes, request, out);
}

class ExifTurns : public ::testing::TestWithParam<std::pair<int, const char*>> {};

TEST_P(ExifTurns, picture_is_shown_upright) {
  const auto [orientation, expected] = GetParam();
  const Bytes jpeg = encoded(marked(64, 32), ImageFileFormat::kJpeg);
  for (const bool big_endian : {false, true}) {
    Image out;
    const auto info = decode(jpeg_with_exif(jpeg, exif_with(static_cast<std::uint8_t>(orientation), big_endian)), out);
    ASSERT_TRUE(info) << to_string(info.error());
    EXPECT_EQ(corners(out), expected);
    EXPECT_EQ(info->exif_orientation, orientation);
    EXPECT_EQ(info->width, orientation >= 5 ? 32 : 64);
    EXPECT_EQ(out.height(), orientation >= 5 ? 64 : 32);
  }
}

// Stored: R G / B W. Source: Exif 2.32, where row 0 and column 0 of the stored picture are shown.
INSTANTIATE_TEST_SUITE_P(All, ExifTurns,
                         ::testing::Values(std::pair(1, "RGBW"), std::pair(2, "GRWB"), std::pair(3, "WBGR"),
                                           std::pair(4, "BWRG"), std::pair(5, "RBGW"), std::pair(6, "BRWG"),
                                           std::pair(7, "WGBR"), std::pair(8, "GWRB")));

TEST(ImageDecoding, exif_that_lies_is_ignored) {
  const Bytes jpeg = encoded(marked(64, 32), ImageFileFormat::kJpeg);
  for (const Bytes& exif :
       {exif_with(9, true), exif_with(0, false), Bytes{'I', 'I', 42, 0, 0xFF, 0xFF, 0xFF, 0xFF}, Bytes{'X'}}) {
    Image out;
    const auto info = decode(jpeg_with_exif(jpeg, exif), out);
    ASSERT_TRUE(info);
    EXPECT_EQ(info->exif_orientation, 1);
    EXPECT_EQ(corners(out), "RGBW");
  }
}

TEST(ImageDecoding, every_format_gives_the_same_picture_in_the_wanted_channel_order) {
  const Image image = marked(48, 32);
  Bytes bmp = bmp_header(48, 32, 24);
  for (std::int32_t y = 31; y >= 0; --y) {
    for (std::int32_t x = 0; x < 48; ++x) {
      for (int c = 2; c >= 0; --c) bmp.push_back(image.row(y)[x * 3 + c]);
    }
  }
  const std::vector<std::pair<Bytes, ImageFileFormat>> files{
      {encoded(image, ImageFileFormat::kJpeg), ImageFileFormat::kJpeg},
      {encoded(image, ImageFileFormat::kPng), ImageFileFormat::kPng},
      {webp_of(image), ImageFileFormat::kWebp},
      {bmp, ImageFileFormat::kBmp}};
  for (const auto& [bytes, format] : files) {
    for (const auto wanted : {PixelFormat::kRgb, PixelFormat::kBgr}) {
      Image out;
      const auto info = decode(bytes, out, {.format = wanted});
      ASSERT_TRUE(info) << to_string(info.error());
      EXPECT_EQ(info->file_format, format);
      EXPECT_EQ(out.format(), wanted);
      EXPECT_EQ(corners(out), "RGBW") << image_file_format_name(format);
      EXPECT_EQ(info->note, "");
    }
    Image grey;
    ASSERT_TRUE(decode(bytes, grey, {.format = PixelFormat::kGray}));
    EXPECT_NEAR(grey.row(2)[2], 76, 3) << "luma of red";
  }
}

TEST(ImageDecoding, jpeg_is_decoded_at_the_smallest_scale_that_is_enough) {
  const Bytes jpeg = encoded(marked(640, 480), ImageFileFormat::kJpeg);
  const std::vector<std::pair<DecodeRequest, std::int32_t>> cases{
      {{.width_min = 0, .height_min = 0}, 640},     {{.width_min = 416, .height_min = 312}, 640},
      {{.width_min = 320, .height_min = 240}, 320}, {{.width_min = 321, .height_min = 1}, 640},
      {{.width_min = 160, .height_min = 1}, 160},   {{.width_min = 10, .height_min = 10}, 80}};
  for (const auto& [request, width] : cases) {
    Image out;
    const auto info = decode(jpeg, out, request);
    ASSERT_TRUE(info);
    EXPECT_EQ(out.width(), width);
    EXPECT_EQ(info->width, 640) << "boxes refer to the full picture";
    EXPECT_EQ(corners(out), "RGBW");
  }
}

TEST(ImageDecoding, scaled_decoding_counts_sides_as_shown) {
  const Bytes jpeg = jpeg_with_exif(encoded(marked(640, 160), ImageFileFormat::kJpeg), exif_with(6, true));
  Image out;
  ASSERT_TRUE(decode(jpeg, out, {.width_min = 80, .height_min = 320}));
  EXPECT_EQ(out.width(), 80);
  EXPECT_EQ(out.height(), 320);
}

TEST(ImageDecoding, cmyk_jpeg_is_converted_and_said_so) {
  Bytes cmyk;
  for (int i = 0; i < 32 * 32; ++i) cmyk.insert(cmyk.end(), {0, 255, 255, 0});  // magenta and yellow are red
  tjhandle handle = tjInitCompress();
  unsigned char* buffer = nullptr;
  unsigned long n = 0;
  ASSERT_EQ(tjCompress2(handle, cmyk.data(), 32, 0, 32, TJPF_CMYK, &buffer, &n, TJSAMP_444, 95, 0), 0);
  Bytes jpeg(buffer, buffer + n);
  tjFree(buffer);
  tjDestroy(handle);
  Image out;
  auto info = decode(jpeg, out);
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_TRUE(info->is_cmyk);
  EXPECT_THAT(info->note, HasSubstr("CMYK"));
  // The compressor writes Adobe's marker, so what it was given is what is left of the white.
  const bool has_adobe =
      std::search(jpeg.begin(), jpeg.end(), std::begin("Adobe"), std::end("Adobe") - 1) != jpeg.end();
  EXPECT_EQ(colour_at(out, 5, 5), has_adobe ? 'B' : 'R');
}

TEST(ImageDecoding, sixteen_bit_png_is_reduced_and_said_so) {
  Bytes pixels;
  // The encoder takes samples in the machine's byte order: 65535, 32768 and 0.
  for (int i = 0; i < 8 * 8; ++i) pixels.insert(pixels.end(), {0xFF, 0xFF, 0x00, 0x80, 0x00, 0x00});
  Image out;
  const auto info = decode(png_of(pixels, png_header(8, 16, SPNG_COLOR_TYPE_TRUECOLOR)), out);
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_EQ(info->bits_per_channel, 16);
  EXPECT_THAT(info->note, HasSubstr("16 bits"));
  EXPECT_EQ(out.row(3)[9], 255);
  EXPECT_NEAR(out.row(3)[10], 128, 1);
  EXPECT_EQ(out.row(3)[11], 0);
}

TEST(ImageDecoding, palette_grey_and_alpha_png_give_their_colours) {
  spng_plte palette{};
  palette.n_entries = 2;
  palette.entries[0] = {255, 0, 0, 255};
  palette.entries[1] = {0, 255, 0, 255};
  Bytes indexed(8 * 8, 0);
  for (std::size_t i = 0; i < 64; ++i) indexed[i] = i % 8 >= 4 ? 1 : 0;
  Image out;
  ASSERT_TRUE(decode(png_of(indexed, png_header(8, 8, SPNG_COLOR_TYPE_INDEXED), &palette), out));
  EXPECT_EQ(colour_at(out, 0, 0), 'R');
  EXPECT_EQ(colour_at(out, 7, 0), 'G');

  ASSERT_TRUE(decode(png_of(Bytes(64, 200), png_header(8, 8, SPNG_COLOR_TYPE_GRAYSCALE)), out));
  EXPECT_EQ(out.row(1)[4], 200);

  Bytes transparent;
  for (int i = 0; i < 64; ++i) transparent.insert(transparent.end(), {255, 0, 0, 0});
  const auto info = decode(png_of(transparent, png_header(8, 8, SPNG_COLOR_TYPE_TRUECOLOR_ALPHA)), out);
  ASSERT_TRUE(info);
  EXPECT_EQ(colour_at(out, 0, 0), 'R');
  EXPECT_THAT(info->note, HasSubstr("transparency"));
}

TEST(ImageDecoding, animated_png_gives_its_first_frame_and_says_so) {
  Bytes png = encoded(marked(16, 16), ImageFileFormat::kPng);
  Bytes chunk{'a', 'c', 'T', 'L', 0, 0, 0, 2, 0, 0, 0, 0};
  Bytes whole;
  put_u32(whole, 8);
  whole.insert(whole.end(), chunk.begin(), chunk.end());
  put_u32(whole, crc_of(chunk.data(), chunk.size()));
  png.insert(png.begin() + 8 + 25, whole.begin(), whole.end());
  Image out;
  const auto info = decode(png, out);
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_TRUE(info->animated);
  EXPECT_THAT(info->note, HasSubstr("animated; its first frame"));
  EXPECT_EQ(corners(out), "RGBW");
}

TEST(ImageDecoding, animated_webp_gives_its_first_frame_and_says_so) {
  const Bytes still = webp_of(marked(16, 16));
  const Bytes picture(still.begin() + 12, still.end());
  Bytes frame;
  put_le(frame, 0, 3);
  put_le(frame, 0, 3);
  put_le(frame, 15, 3);
  put_le(frame, 15, 3);
  put_le(frame, 100, 3);
  frame.push_back(0);
  frame.insert(frame.end(), picture.begin(), picture.end());
  Bytes body{'W', 'E', 'B', 'P', 'V', 'P', '8', 'X'};
  put_le(body, 10, 4);
  put_le(body, 2, 4);
  put_le(body, 15, 3);
  put_le(body, 15, 3);
  body.insert(body.end(), {'A', 'N', 'I', 'M'});
  put_le(body, 6, 4);
  put_le(body, 0xFFFFFFFF, 4);
  put_le(body, 0, 2);
  for (int i = 0; i < 2; ++i) {
    body.insert(body.end(), {'A', 'N', 'M', 'F'});
    put_le(body, static_cast<std::uint32_t>(frame.size()), 4);
    body.insert(body.end(), frame.begin(), frame.end());
  }
  Bytes webp{'R', 'I', 'F', 'F'};
  put_le(webp, static_cast<std::uint32_t>(body.size()), 4);
  webp.insert(webp.end(), body.begin(), body.end());
  Image out;
  const auto info = decode(webp, out);
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_TRUE(info->animated);
  EXPECT_THAT(info->note, HasSubstr("animated"));
  EXPECT_EQ(corners(out), "RGBW");
}

TEST(ImageDecoding, truncated_files_are_invalid_at_every_length) {
  const Image image = marked(64, 48);
  for (const Bytes& whole :
       {encoded(image, ImageFileFormat::kJpeg), encoded(image, ImageFileFormat::kPng), webp_of(image)}) {
    for (std::size_t n = 4; n < whole.size() - 20; n += 7) {
      Image out;
      const auto info = decode(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)), out);
      ASSERT_FALSE(info) << n << " of " << whole.size();
      EXPECT_TRUE(info.error().code == ErrorCode::kInvalidData || info.error().code == ErrorCode::kUnsupported)
          << to_string(info.error());
    }
  }
}

TEST(ImageDecoding, lying_dimensions_are_refused_before_memory_is_taken) {
  // 2^31 - 1 pixels wide and high.
  Bytes png{0x89, 'P',  'N',  'G',  '\r', '\n', 0x1A, '\n', 0,    0, 0, 13, 'I', 'H', 'D',
            'R',  0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 8, 2, 0,  0,   0};
  put_u32(png, crc_of(&png[12], 17));
  const Bytes bmp = bmp_header(0x7FFFFFFF, 0x7FFFFFFF, 24);
  for (const Bytes& bytes : {png, bmp}) {
    Image out;
    const auto info = decode(bytes, out);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::kDoesNotFit) << to_string(info.error());
    EXPECT_THAT(info.error().message, HasSubstr("2147483647 x 2147483647"));
  }
  for (const std::uint32_t height : {0U, 0x80000000U}) {
    Image out;
    const auto info = decode(bmp_header(16, height, 24), out);
    ASSERT_FALSE(info);
    EXPECT_EQ(info.error().code, ErrorCode::kInvalidData);
  }
}

TEST(ImageDecoding, decompression_bomb_is_refused_by_its_header) {
  // 30000 x 30000 white pixels deflate to less than a megabyte.
  Bytes bomb{0x89, 'P', 'N', 'G',  '\r', '\n', 0x1A, '\n', 0,    0, 0, 13, 'I', 'H', 'D',
             'R',  0,   0,   0x75, 0x30, 0,    0,    0x75, 0x30, 8, 2, 0,  0,   0};
  put_u32(bomb, crc_of(&bomb[12], 17));
  Image out;
  const auto info = decode(bomb, out);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kDoesNotFit);
  EXPECT_THAT(info.error().message, HasSubstr("30000 x 30000"));

  ImageDecoder strict({.file_bytes_max = 100});
  EXPECT_EQ(strict.decode(Bytes(101, 0xFF), {}, out).error().code, ErrorCode::kDoesNotFit);
}

TEST(ImageDecoding, what_is_no_picture_is_told_with_the_formats_that_are_read) {
  Image out;
  EXPECT_EQ(decode({}, out).error().code, ErrorCode::kInvalidData);
  const auto info = decode({'%', 'P', 'D', 'F', '-', '1'}, out);
  ASSERT_FALSE(info);
  EXPECT_EQ(info.error().code, ErrorCode::kUnsupported);
  EXPECT_THAT(info.error().message, HasSubstr("JPEG, PNG, WebP and BMP"));
}

TEST(ImageDecoding, bitmaps_of_every_depth_are_read) {
  // One row of eight pixels, the first white.
  for (const std::uint16_t bits : {1, 4, 8, 16, 32}) {
    Bytes bmp = bmp_header(8, 1, bits);
    const std::size_t n_colours = bits <= 8 ? std::size_t{1} << bits : 0;
    for (std::size_t i = 0; i < n_colours; ++i) put_le(bmp, i == n_colours - 1 ? 0x00FFFFFF : 0, 4);
    bmp[10] = static_cast<std::uint8_t>(54 + 4 * n_colours);
    bmp[11] = static_cast<std::uint8_t>((54 + 4 * n_colours) >> 8U);
    const std::size_t n_row = (8U * bits + 31) / 32 * 4;
    Bytes row(n_row, 0);
    if (bits == 1) row[0] = 0x80;
    if (bits == 4) row[0] = 0xF0;
    if (bits == 8) row[0] = 0xFF;
    if (bits == 16) row[0] = 0xFF, row[1] = 0x7F;
    if (bits == 32) row[0] = row[1] = row[2] = 0xFF;
    bmp.insert(bmp.end(), row.begin(), row.end());
    Image out;
    const auto info = decode(bmp, out);
    ASSERT_TRUE(info) << bits << ": " << to_string(info.error());
    EXPECT_EQ(out.row(0)[0], 255) << bits;
    EXPECT_EQ(out.row(0)[3], 0) << bits;
  }
}

TEST(ImageDecoding, compressed_and_cut_off_bitmaps_are_refused) {
  Bytes compressed = bmp_header(8, 8, 8);
  compressed[30] = 1;
  Image out;
  EXPECT_EQ(decode(compressed, out).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(decode(bmp_header(8, 8, 24), out).error().code, ErrorCode::kInvalidData);
}

TEST(ImageDecoding, one_decoder_reads_many_pictures) {
  ImageDecoder decoder;
  Image out;
  for (const std::int32_t side : {64, 16, 200, 32}) {
    for (const auto format : {ImageFileFormat::kJpeg, ImageFileFormat::kPng}) {
      ASSERT_TRUE(decoder.decode(encoded(marked(side, side), format), {}, out));
      EXPECT_EQ(out.width(), side);
      EXPECT_EQ(corners(out), "RGBW");
    }
  }
}

TEST(ImageDecoding, a_real_bitmap_is_read) {
  std::ifstream file(test::shared_dir().string() + "/media/images/cat.bmp", std::ios::binary);
  if (!file) GTEST_SKIP() << "cat.bmp is not here";
  const Bytes bytes{std::istreambuf_iterator<char>(file), {}};
  Image out;
  const auto info = decode(bytes, out);
  ASSERT_TRUE(info) << to_string(info.error());
  EXPECT_GT(info->width, 100);
}

}  // namespace
}  // namespace hearth
