#include <spng.h>

#include <cstring>

#include "vision/exif.h"
#include "vision/picture_codec.h"

namespace hearth {
namespace {

struct SpngTraits {
  using Type = spng_ctx*;
  static Type invalid() { return nullptr; }
  static void close(Type handle) { spng_ctx_free(handle); }
};
using SpngHandle = UniqueHandle<SpngTraits>;

// Text and profile chunks are deflated, too: what they may grow to. Source: libspng's own advice for untrusted files.
constexpr std::size_t kChunkBytesMax = std::size_t{8} << 20U;
constexpr std::size_t kChunkCacheBytesMax = std::size_t{16} << 20U;

Unexpected bad_png(int code) {
  return fail(ErrorCode::kInvalidData, std::string("the PNG can't be decoded: ") + spng_strerror(code),
              "the file is cut off or damaged; get it again");
}

Result<SpngHandle> open_png(std::span<const std::uint8_t> bytes) {
  SpngHandle context(spng_ctx_new(0));
  if (!context) return fail(ErrorCode::kOutOfMemory, "no memory for a PNG decoder");
  spng_set_chunk_limits(context.get(), kChunkBytesMax, kChunkCacheBytesMax);
  spng_set_crc_action(context.get(), SPNG_CRC_ERROR, SPNG_CRC_DISCARD);
  if (const int code = spng_set_png_buffer(context.get(), bytes.data(), bytes.size()); code != 0) return bad_png(code);
  return context;
}

// Source: PNG 3rd edition, section 11.2.1: the header chunk is the first, its width and height lead.
constexpr std::size_t kWidthAt = 16;
constexpr std::size_t kHeaderEnd = 24;

std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t at) {
  return std::uint32_t{bytes[at]} << 24U | std::uint32_t{bytes[at + 1]} << 16U | std::uint32_t{bytes[at + 2]} << 8U |
         bytes[at + 3];
}

// Whether an animation control chunk comes before the first pixel data. Source: PNG 3rd edition, section 11.3.6.
bool is_animated_png(std::span<const std::uint8_t> bytes) {
  std::size_t at = 8;
  while (at + 12 <= bytes.size()) {
    const std::size_t length = big_endian(bytes, at);
    if (std::memcmp(&bytes[at + 4], "acTL", 4) == 0) return true;
    if (std::memcmp(&bytes[at + 4], "IDAT", 4) == 0 || length > bytes.size() - at - 12) return false;
    at += 12 + length;
  }
  return false;
}

}  // namespace

Result<ImageInfo> inspect_png(std::span<const std::uint8_t> bytes) {
  HEARTH_ASSIGN(context, open_png(bytes));
  spng_ihdr header{};
  const int code = spng_get_ihdr(context.get(), &header);
  if (code == SPNG_EOVERFLOW && bytes.size() >= kHeaderEnd) {
    // Too large for the library's own sums: the caller refuses such sizes with the figures.
    header.width = big_endian(bytes, kWidthAt);
    header.height = big_endian(bytes, kWidthAt + 4);
  } else if (code != 0) {
    return bad_png(code);
  }
  ImageInfo info;
  info.file_format = ImageFileFormat::kPng;
  // The format keeps to 31 bits, and the library checks it.
  info.width = static_cast<std::int32_t>(header.width);
  info.height = static_cast<std::int32_t>(header.height);
  info.bits_per_channel = header.bit_depth;
  info.has_alpha =
      header.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA || header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
  info.animated = is_animated_png(bytes);
  return info;
}

Status decode_png(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out) {
  HEARTH_ASSIGN(context, open_png(bytes));
  std::size_t n_bytes = 0;
  if (const int code = spng_decoded_image_size(context.get(), SPNG_FMT_RGB8, &n_bytes); code != 0) return bad_png(code);
  out.reset(info.width, info.height, PixelFormat::kRgb);
  if (n_bytes != static_cast<std::size_t>(out.stride()) * static_cast<std::size_t>(out.height())) {
    return fail(ErrorCode::kInvalidData, "the PNG's header and its pixels disagree about its size");
  }
  if (const int code = spng_decode_image(context.get(), out.row(0), n_bytes, SPNG_FMT_RGB8, 0); code != 0)
    return bad_png(code);
  return {};
}

}  // namespace hearth
