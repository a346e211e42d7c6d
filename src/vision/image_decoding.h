// Compressed pictures to pixels: JPEG, PNG, WebP and BMP, told apart by their first bytes, never by their name.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "hearth/result.h"
#include "vision/image.h"

namespace hearth {

enum class ImageFileFormat : std::uint8_t { kJpeg, kPng, kWebp, kBmp };

// "JPEG", "PNG", "WebP", "BMP".
[[nodiscard]] std::string_view image_file_format_name(ImageFileFormat format);

// What is refused before memory is taken for it.
struct ImageLimits {
  std::uint64_t file_bytes_max = std::uint64_t{256} << 20U;
  // 178 megapixels. Source: Pillow's MAX_IMAGE_PIXELS is half of this, and twice of that is its error limit.
  std::uint64_t pixels_max = 178'956'970;
  // Source: JPEG's sixteen bits; WebP has fewer, PNG and BMP files that have more are none that a camera made.
  std::int32_t side_max = 65'535;
};

// What is wanted of a decoded picture.
struct DecodeRequest {
  // JPEG is decoded at 1/2, 1/4 or 1/8 of its size when what is left still has these dimensions, as shown (after
  // rotation), scaled alike: as much is enough for a model whose input is that large. 0: full size.
  std::int32_t width_min = 0;
  std::int32_t height_min = 0;
  PixelFormat format = PixelFormat::kRgb;
};

// What the file held. `width` and `height` are the full picture's as it is shown: boxes refer to them.
struct ImageInfo {
  ImageFileFormat file_format = ImageFileFormat::kJpeg;
  std::int32_t width = 0;
  std::int32_t height = 0;
  std::uint8_t exif_orientation = 1;  // 1 to 8; already applied. Source: Exif 2.32, tag 0x0112
  bool animated = false;              // only the first frame is decoded
  bool has_alpha = false;             // dropped: the colours are taken as they are stored
  bool is_cmyk = false;               // converted without a colour profile
  std::uint8_t bits_per_channel = 8;  // 16 is reduced to 8
  // One clear sentence where something of the file was left out or damaged; empty else.
  std::string note;
};

// The container of `bytes`, told by its magic number; kUnsupported names the formats that are read.
[[nodiscard]] Result<ImageFileFormat> recognise_image(std::span<const std::uint8_t> bytes);

// Decodes picture after picture with memory and library handles that are kept. One thread at a time; several decoders
// are independent.
class ImageDecoder {
 public:
  explicit ImageDecoder(const ImageLimits& limits = {});
  ~ImageDecoder();
  ImageDecoder(ImageDecoder&&) noexcept;
  ImageDecoder& operator=(ImageDecoder&&) noexcept;

  // Reads the headers only.
  [[nodiscard]] Result<ImageInfo> inspect(std::span<const std::uint8_t> bytes);

  // Fills `out`. No allocation of ours for JPEG once a picture of the size was decoded; the libraries have their own.
  // kUnsupported: no known format, or a kind of it that is not read. kInvalidData: truncated, corrupt or empty.
  // kDoesNotFit: beyond the limits. A JPEG that lacks its end is invalid, too: boxes on grey halves would mislead.
  [[nodiscard]] Result<ImageInfo> decode(std::span<const std::uint8_t> bytes, const DecodeRequest& request, Image& out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth
