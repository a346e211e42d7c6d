// Frames without a container: raw pixels of a known size, and JPEG after JPEG (MJPEG) from a pipe.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "hearth/result.h"
#include "vision/image.h"

namespace hearth {

enum class RawPixelFormat : std::uint8_t { kRgb24, kBgr24, kNv12, kYuyv, kGray };

// "rgb24", "bgr24", "nv12", "yuyv", "gray": the names that FFmpeg and V4L2 users know.
[[nodiscard]] std::string_view raw_pixel_format_name(RawPixelFormat format);
// kInvalidArgument names those that are known.
[[nodiscard]] Result<RawPixelFormat> raw_pixel_format_of_name(std::string_view name);

// Bytes of a frame. kInvalidArgument: sizes that are not positive or above 65535, odd ones where chroma is shared.
[[nodiscard]] Result<std::uint64_t> raw_frame_bytes(RawPixelFormat format, std::int32_t width, std::int32_t height);

struct RawFrameShape {
  RawPixelFormat format = RawPixelFormat::kRgb24;
  std::int32_t width = 0;
  std::int32_t height = 0;
};
// One frame to `wanted` (kRgb or kBgr). YUV is taken as BT.601, limited range, as cameras send it.
// kInvalidArgument: as raw_frame_bytes; kInvalidData: another number of bytes.
[[nodiscard]] Status read_raw_frame(std::span<const std::uint8_t> bytes, const RawFrameShape& shape, PixelFormat wanted,
                                    Image& out);

// Cuts a byte stream into JPEG pictures: by their markers, so that thumbnails inside don't end a picture. Bytes between
// pictures (multipart headers) are passed over. Externally synchronised.
class MjpegSplitter {
 public:
  // Source: a 16 MiB JPEG is four times what a 4K camera sends at its best quality.
  explicit MjpegSplitter(std::size_t frame_bytes_max = std::size_t{16} << 20U) : frame_bytes_max_(frame_bytes_max) {}

  // Takes more of the stream.
  void feed(std::span<const std::uint8_t> bytes);
  // The next whole picture, valid until the next call of either; nothing: feed more. kInvalidData: a picture longer
  // than the bound; what is held of it is dropped, and the next one is looked for.
  [[nodiscard]] Result<std::optional<std::span<const std::uint8_t>>> next();
  // Bytes of a picture that has begun and not ended: what a stream that ends here cut off.
  [[nodiscard]] std::size_t pending_bytes() const { return in_frame_ ? held_.size() - begin_ : 0; }

 private:
  [[nodiscard]] bool find_start();
  [[nodiscard]] bool find_end();

  std::size_t frame_bytes_max_;
  std::vector<std::uint8_t> held_;
  std::size_t begin_ = 0;  // where the picture begins, or where it is looked for
  std::size_t at_ = 0;     // how far it was read
  bool in_frame_ = false;
  bool in_scan_ = false;  // within entropy-coded data
};

}  // namespace hearth
