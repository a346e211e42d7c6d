// Pictures of every format from any bytes, whole and scaled, and the same bytes as an MJPEG stream.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "vision/image_decoding.h"
#include "vision/raw_frames.h"

namespace {

// Small enough that a header that lies costs no time.
constexpr hearth::ImageLimits kLimits{.file_bytes_max = 1 << 20, .pixels_max = 1 << 20, .side_max = 4096};

void decode(std::span<const std::uint8_t> bytes, const hearth::DecodeRequest& request) {
  hearth::ImageDecoder decoder(kLimits);
  hearth::Image out;
  const auto info = decoder.decode(bytes, request, out);
  if (!info) return;
  const bool scaled = request.width_min > 0;
  if (info->width <= 0 || info->height <= 0 || out.width() > info->width || out.height() > info->height) std::abort();
  if (!scaled && (out.width() != info->width || out.height() != info->height)) std::abort();
  if (out.format() != request.format) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> bytes(data, size);
  decode(bytes, {});
  decode(bytes, {.width_min = 3, .height_min = 3, .format = hearth::PixelFormat::kBgr});
  decode(bytes, {.format = hearth::PixelFormat::kGray});
  hearth::MjpegSplitter splitter(4096);
  splitter.feed(bytes.first(size / 2));
  for (int i = 0; i < 2; ++i) {
    auto next = splitter.next();
    while (next && *next) {
      if ((*next)->size() < 4 || (*next)->size() > size) std::abort();
      next = splitter.next();
    }
    splitter.feed(bytes.subspan(size / 2));
  }
  return 0;
}
