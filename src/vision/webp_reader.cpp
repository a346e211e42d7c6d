#include <webp/decode.h>
#include <webp/demux.h>

#include "vision/exif.h"
#include "vision/picture_codec.h"

namespace hearth {
namespace {

struct AnimationTraits {
  using Type = WebPAnimDecoder*;
  static Type invalid() { return nullptr; }
  static void close(Type handle) { WebPAnimDecoderDelete(handle); }
};

Unexpected bad_webp(const char* what) {
  return fail(ErrorCode::kInvalidData, std::string("the WebP can't be decoded: ") + what,
              "the file is cut off or damaged; get it again");
}

// The orientation of a container with an EXIF chunk.
std::uint8_t webp_orientation(std::span<const std::uint8_t> bytes) {
  const WebPData data{bytes.data(), bytes.size()};
  WebPDemuxer* demuxer = WebPDemux(&data);
  if (demuxer == nullptr) return 1;
  std::uint8_t orientation = 1;
  WebPChunkIterator chunk;
  if (WebPDemuxGetChunk(demuxer, "EXIF", 1, &chunk) != 0) {
    orientation = exif_orientation({chunk.chunk.bytes, chunk.chunk.size});
    WebPDemuxReleaseChunkIterator(&chunk);
  }
  WebPDemuxDelete(demuxer);
  return orientation;
}

Status decode_first_frame(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out) {
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  const WebPData data{bytes.data(), bytes.size()};
  UniqueHandle<AnimationTraits> decoder(WebPAnimDecoderNew(&data, &options));
  if (!decoder) return bad_webp("its animation is damaged");
  std::uint8_t* rgba = nullptr;
  int timestamp_ms = 0;
  if (WebPAnimDecoderGetNext(decoder.get(), &rgba, &timestamp_ms) == 0) return bad_webp("it has no first frame");
  WebPAnimInfo canvas;
  if (WebPAnimDecoderGetInfo(decoder.get(), &canvas) == 0 ||
      static_cast<std::int32_t>(canvas.canvas_width) != info.width ||
      static_cast<std::int32_t>(canvas.canvas_height) != info.height) {
    return bad_webp("its parts disagree about its size");
  }
  out.reset(info.width, info.height, PixelFormat::kRgb);
  for (std::int32_t y = 0; y < info.height; ++y) {
    std::uint8_t* to = out.row(y);
    for (std::int32_t x = 0; x < info.width; ++x, rgba += 4, to += 3) {
      to[0] = rgba[0];
      to[1] = rgba[1];
      to[2] = rgba[2];
    }
  }
  return {};
}

}  // namespace

Result<ImageInfo> inspect_webp(std::span<const std::uint8_t> bytes) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes.data(), bytes.size(), &features) != VP8_STATUS_OK) return bad_webp("its header is damaged");
  ImageInfo info;
  info.file_format = ImageFileFormat::kWebp;
  info.width = features.width;
  info.height = features.height;
  info.has_alpha = features.has_alpha != 0;
  info.animated = features.has_animation != 0;
  info.exif_orientation = webp_orientation(bytes);
  return info;
}

Status decode_webp(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out) {
  if (info.animated) return decode_first_frame(bytes, info, out);
  out.reset(info.width, info.height, PixelFormat::kRgb);
  const auto n_bytes = static_cast<std::size_t>(out.stride()) * static_cast<std::size_t>(out.height());
  if (WebPDecodeRGBInto(bytes.data(), bytes.size(), out.row(0), n_bytes, static_cast<int>(out.stride())) == nullptr) {
    return bad_webp("its pixels end early or are damaged");
  }
  return {};
}

}  // namespace hearth
