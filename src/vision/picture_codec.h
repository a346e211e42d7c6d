// What the readers of single file formats share.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/unique_handle.h"
#include "vision/image_decoding.h"

namespace hearth {

// Keeps libjpeg-turbo's decompressor from picture to picture. One thread at a time.
class JpegReader {
 public:
  // As the file has it, before any rotation. kInvalidData, kUnsupported.
  [[nodiscard]] Result<ImageInfo> inspect(std::span<const std::uint8_t> bytes);
  // At 1/1, 1/2, 1/4 or 1/8, whichever is the smallest that holds width x height; `info` may get a note.
  [[nodiscard]] Status decode(std::span<const std::uint8_t> bytes, const DecodeRequest& as_stored, ImageInfo& info,
                              Image& out);

 private:
  struct Traits {
    using Type = void*;
    static Type invalid() { return nullptr; }
    static void close(Type handle);
  };
  [[nodiscard]] Status open();
  [[nodiscard]] Status decode_cmyk(std::span<const std::uint8_t> bytes, Image& out);
  [[nodiscard]] Status finish(int status, ImageInfo& info) const;

  UniqueHandle<Traits> handle_;
  std::vector<std::uint8_t> cmyk_;
};

// Each reads headers (`inspect`) or fills `out` with kRgb at full size. kInvalidData, kUnsupported. Thread-safe.
[[nodiscard]] Result<ImageInfo> inspect_png(std::span<const std::uint8_t> bytes);
[[nodiscard]] Status decode_png(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out);
[[nodiscard]] Result<ImageInfo> inspect_webp(std::span<const std::uint8_t> bytes);
[[nodiscard]] Status decode_webp(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out);
[[nodiscard]] Result<ImageInfo> inspect_bmp(std::span<const std::uint8_t> bytes);
[[nodiscard]] Status decode_bmp(std::span<const std::uint8_t> bytes, const ImageInfo& info, Image& out);

}  // namespace hearth
