#include "vision/image_encoding.h"

#include <fmt/format.h>
#include <spng.h>
#include <turbojpeg.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "base/unique_handle.h"

namespace hearth {
namespace {

struct CompressorTraits {
  using Type = tjhandle;
  static Type invalid() { return nullptr; }
  static void close(Type handle) { tjDestroy(handle); }
};
struct EncoderTraits {
  using Type = spng_ctx*;
  static Type invalid() { return nullptr; }
  static void close(Type handle) { spng_ctx_free(handle); }
};

Status encode_jpeg(const ImageView& picture, int quality, std::vector<std::uint8_t>& out) {
  UniqueHandle<CompressorTraits> compressor(tjInitCompress());
  if (!compressor) return fail(ErrorCode::kOutOfMemory, "no memory for a JPEG encoder");
  const bool is_gray = picture.format == PixelFormat::kGray;
  const int subsampling = is_gray ? TJSAMP_GRAY : TJSAMP_420;
  const int pixel_format = is_gray ? TJPF_GRAY : picture.format == PixelFormat::kBgr ? TJPF_BGR : TJPF_RGB;
  const unsigned long n_most = tjBufSize(picture.width, picture.height, subsampling);
  if (n_most == static_cast<unsigned long>(-1))
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("a JPEG can't be {} x {} pixels", picture.width, picture.height));
  out.resize(n_most);
  unsigned char* buffer = out.data();
  unsigned long n_bytes = n_most;
  if (tjCompress2(compressor.get(), picture.data, picture.width, static_cast<int>(picture.stride), picture.height,
                  pixel_format, &buffer, &n_bytes, subsampling, quality, TJFLAG_NOREALLOC) != 0) {
    return fail(ErrorCode::kInvalidArgument,
                std::string("the picture can't be written as JPEG: ") + tjGetErrorStr2(compressor.get()));
  }
  out.resize(n_bytes);
  return {};
}

// The encoder takes dense rows of RGB.
std::vector<std::uint8_t> dense_rgb(const ImageView& picture) {
  const auto n_channels = static_cast<std::size_t>(channel_count(picture.format));
  const std::size_t n_row = static_cast<std::size_t>(picture.width) * n_channels;
  std::vector<std::uint8_t> rows(n_row * static_cast<std::size_t>(picture.height));
  for (std::int32_t y = 0; y < picture.height; ++y) {
    std::uint8_t* to = rows.data() + static_cast<std::size_t>(y) * n_row;
    std::copy_n(picture.row(y), n_row, to);
    if (picture.format != PixelFormat::kBgr) continue;
    for (std::size_t x = 0; x < n_row; x += 3) std::swap(to[x], to[x + 2]);
  }
  return rows;
}

Status encode_png(const ImageView& picture, std::vector<std::uint8_t>& out) {
  UniqueHandle<EncoderTraits> encoder(spng_ctx_new(SPNG_CTX_ENCODER));
  if (!encoder) return fail(ErrorCode::kOutOfMemory, "no memory for a PNG encoder");
  spng_set_option(encoder.get(), SPNG_ENCODE_TO_BUFFER, 1);
  spng_ihdr header{};
  header.width = static_cast<std::uint32_t>(picture.width);
  header.height = static_cast<std::uint32_t>(picture.height);
  header.bit_depth = 8;
  header.color_type = picture.format == PixelFormat::kGray ? SPNG_COLOR_TYPE_GRAYSCALE : SPNG_COLOR_TYPE_TRUECOLOR;
  const auto rows = dense_rgb(picture);
  int code = spng_set_ihdr(encoder.get(), &header);
  if (code == 0) code = spng_encode_image(encoder.get(), rows.data(), rows.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE);
  std::size_t n_bytes = 0;
  void* bytes = code == 0 ? spng_get_png_buffer(encoder.get(), &n_bytes, &code) : nullptr;
  if (bytes == nullptr)
    return fail(ErrorCode::kInvalidArgument,
                std::string("the picture can't be written as PNG: ") + spng_strerror(code));
  const auto* begin = static_cast<const std::uint8_t*>(bytes);
  out.assign(begin, begin + n_bytes);
  free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): the library's, handed to the caller
  return {};
}

}  // namespace

Result<ImageFileFormat> encoding_of_name(std::string_view file_name) {
  const auto dot = file_name.rfind('.');
  std::string ending(dot == std::string_view::npos ? std::string_view{} : file_name.substr(dot + 1));
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == "jpg" || ending == "jpeg") return ImageFileFormat::kJpeg;
  if (ending == "png") return ImageFileFormat::kPng;
  return fail(ErrorCode::kInvalidArgument, fmt::format("'{}' is no name of a picture that can be written", file_name),
              "end it in .jpg or .png");
}

Status encode_image(const ImageView& picture, ImageFileFormat format, int quality, std::vector<std::uint8_t>& out) {
  out.clear();
  if (picture.empty()) return fail(ErrorCode::kInvalidArgument, "there is no picture to write: it has no pixels");
  if (quality < 1 || quality > 100)
    return fail(ErrorCode::kInvalidArgument, fmt::format("a JPEG quality of {} is not within 1 and 100", quality));
  if (format == ImageFileFormat::kJpeg) return encode_jpeg(picture, quality, out);
  if (format == ImageFileFormat::kPng) return encode_png(picture, out);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("{} pictures are read and not written", image_file_format_name(format)), "write JPEG or PNG");
}

}  // namespace hearth
