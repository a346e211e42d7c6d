#include "vision/image_decoding.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vision/exif.h"
#include "vision/picture_codec.h"

namespace hearth {
namespace {

bool begins_with(std::span<const std::uint8_t> bytes, std::string_view magic, std::size_t at = 0) {
  return bytes.size() >= at + magic.size() &&
         std::equal(magic.begin(), magic.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// Refused before anything is allocated for the pixels.
Status check_limits(const ImageInfo& info, const ImageLimits& limits) {
  const auto name = image_file_format_name(info.file_format);
  if (info.width <= 0 || info.height <= 0) {
    return fail(ErrorCode::kInvalidData,
                fmt::format("the {} says that it is {} x {} pixels", name, info.width, info.height));
  }
  const std::uint64_t n_pixels = static_cast<std::uint64_t>(info.width) * static_cast<std::uint64_t>(info.height);
  if (info.width > limits.side_max || info.height > limits.side_max || n_pixels > limits.pixels_max) {
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("the {} says that it is {} x {} pixels; up to {} pixels with sides of up to {} are decoded",
                            name, info.width, info.height, limits.pixels_max, limits.side_max),
                "scale it down first");
  }
  return {};
}

void swap_red_and_blue(Image& image) {
  for (std::int32_t y = 0; y < image.height(); ++y) {
    std::uint8_t* row = image.row(y);
    for (std::int32_t x = 0; x < image.width(); ++x, row += 3) std::swap(row[0], row[2]);
  }
  image.reset(image.width(), image.height(), PixelFormat::kBgr);  // the same pixels by their new name
}

// Source: ITU-R BT.601 luma weights in 1/256.
void to_grey(const Image& rgb, Image& out) {
  out.reset(rgb.width(), rgb.height(), PixelFormat::kGray);
  for (std::int32_t y = 0; y < rgb.height(); ++y) {
    const std::uint8_t* from = rgb.row(y);
    std::uint8_t* to = out.row(y);
    for (std::int32_t x = 0; x < rgb.width(); ++x, from += 3) {
      to[x] = static_cast<std::uint8_t>((77U * from[0] + 150U * from[1] + 29U * from[2] + 128U) >> 8U);
    }
  }
}

Status decode_rgb(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out) {
  switch (info.file_format) {
    case ImageFileFormat::kPng: return decode_png(bytes, info, out);
    case ImageFileFormat::kWebp: return decode_webp(bytes, info, out);
    default: return decode_bmp(bytes, info, out);
  }
}

void add_note(std::string& note, std::string_view sentence) {
  if (!note.empty()) note += "; ";
  note += sentence;
}

// What a user should know of what was left out.
void describe(ImageInfo& info) {
  const auto name = image_file_format_name(info.file_format);
  if (info.animated) add_note(info.note, fmt::format("the {} is animated; its first frame is used", name));
  if (info.has_alpha) add_note(info.note, fmt::format("the {}'s transparency is left out", name));
  if (info.is_cmyk) add_note(info.note, "CMYK is converted without its colour profile");
  if (info.bits_per_channel > 8)
    add_note(info.note, fmt::format("{} bits a channel are reduced to 8", info.bits_per_channel));
}

}  // namespace

std::string_view image_file_format_name(ImageFileFormat format) {
  switch (format) {
    case ImageFileFormat::kJpeg: return "JPEG";
    case ImageFileFormat::kPng: return "PNG";
    case ImageFileFormat::kWebp: return "WebP";
    case ImageFileFormat::kBmp: return "BMP";
  }
  return "picture";
}

Result<ImageFileFormat> recognise_image(std::span<const std::uint8_t> bytes) {
  using namespace std::string_view_literals;
  if (begins_with(bytes, "\xFF\xD8\xFF"sv)) return ImageFileFormat::kJpeg;
  if (begins_with(bytes, "\x89PNG\r\n\x1A\n"sv)) return ImageFileFormat::kPng;
  if (begins_with(bytes, "RIFF"sv) && begins_with(bytes, "WEBP"sv, 8)) return ImageFileFormat::kWebp;
  if (begins_with(bytes, "BM"sv)) return ImageFileFormat::kBmp;
  if (bytes.empty()) return fail(ErrorCode::kInvalidData, "the picture is empty: it has 0 bytes");
  return fail(ErrorCode::kUnsupported,
              "the file is no picture that is read here: it begins like none of JPEG, PNG, WebP and BMP",
              "convert it to JPEG or PNG");
}

struct ImageDecoder::State {
  ImageLimits limits;
  JpegReader jpeg;
  Image upright;  // before it is turned or converted

  Result<ImageInfo> inspect(std::span<const std::uint8_t> bytes);
};

// As stored: width and height are not swapped yet.
Result<ImageInfo> ImageDecoder::State::inspect(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > limits.file_bytes_max) {
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("the picture has {} bytes; up to {} are read", bytes.size(), limits.file_bytes_max));
  }
  HEARTH_ASSIGN(format, recognise_image(bytes));
  auto info = [&]() -> Result<ImageInfo> {
    switch (format) {
      case ImageFileFormat::kJpeg: return jpeg.inspect(bytes);
      case ImageFileFormat::kPng: return inspect_png(bytes);
      case ImageFileFormat::kWebp: return inspect_webp(bytes);
      default: return inspect_bmp(bytes);
    }
  }();
  if (info) HEARTH_TRY(check_limits(*info, limits));
  return info;
}

ImageDecoder::ImageDecoder(const ImageLimits& limits) : state_(std::make_unique<State>()) { state_->limits = limits; }
ImageDecoder::~ImageDecoder() = default;
ImageDecoder::ImageDecoder(ImageDecoder&&) noexcept = default;
ImageDecoder& ImageDecoder::operator=(ImageDecoder&&) noexcept = default;

Result<ImageInfo> ImageDecoder::inspect(std::span<const std::uint8_t> bytes) {
  HEARTH_ASSIGN(info, state_->inspect(bytes));
  if (swaps_sides(info.exif_orientation)) std::swap(info.width, info.height);
  describe(info);
  return info;
}

Result<ImageInfo> ImageDecoder::decode(std::span<const std::uint8_t> bytes, const DecodeRequest& request, Image& out) {
  HEARTH_ASSIGN(info, state_->inspect(bytes));
  const bool turned = info.exif_orientation != 1;
  if (info.file_format == ImageFileFormat::kJpeg) {
    DecodeRequest as_stored = request;
    if (swaps_sides(info.exif_orientation)) std::swap(as_stored.width_min, as_stored.height_min);
    HEARTH_TRY(state_->jpeg.decode(bytes, as_stored, info, turned ? state_->upright : out));
    if (turned) apply_orientation(state_->upright.view(), info.exif_orientation, out);
  } else {
    const bool is_grey = request.format == PixelFormat::kGray;
    Image& pixels = turned || is_grey ? state_->upright : out;
    HEARTH_TRY(decode_rgb(bytes, info, pixels));
    if (turned && is_grey) {
      Image upright;
      apply_orientation(pixels.view(), info.exif_orientation, upright);
      to_grey(upright, out);
    } else if (turned) {
      apply_orientation(pixels.view(), info.exif_orientation, out);
    } else if (is_grey) {
      to_grey(pixels, out);
    }
    if (request.format == PixelFormat::kBgr) swap_red_and_blue(out);
  }
  if (swaps_sides(info.exif_orientation)) std::swap(info.width, info.height);
  describe(info);
  return info;
}

}  // namespace hearth
