// Eight-bit images in memory: borrowed views and an owner whose memory is reused from frame to frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hearth {

// Order of the interleaved 8-bit channels of a pixel.
enum class PixelFormat : std::uint8_t { kGray, kRgb, kBgr };

[[nodiscard]] constexpr std::int32_t channel_count(PixelFormat format) { return format == PixelFormat::kGray ? 1 : 3; }

// An image that somebody else owns: rows from the top, `stride` bytes apart, pixels interleaved.
struct ImageView {
  const std::uint8_t* data = nullptr;
  std::int32_t width = 0;   // pixels
  std::int32_t height = 0;  // pixels
  std::ptrdiff_t stride = 0;
  PixelFormat format = PixelFormat::kRgb;

  [[nodiscard]] bool empty() const { return data == nullptr || width <= 0 || height <= 0; }
  [[nodiscard]] const std::uint8_t* row(std::int32_t y) const { return data + y * stride; }
};

// Owns dense rows. Its memory only grows, so that frames of one size are held without allocating again.
// Externally synchronised.
class Image {
 public:
  Image() = default;
  Image(std::int32_t width, std::int32_t height, PixelFormat format) { reset(width, height, format); }

  // The pixels are left as they lie. Dimensions are positive and their product with the channels fits 63 bits: what
  // comes from outside is checked against ImageLimits before it gets here.
  void reset(std::int32_t width, std::int32_t height, PixelFormat format);

  [[nodiscard]] std::int32_t width() const { return width_; }
  [[nodiscard]] std::int32_t height() const { return height_; }
  [[nodiscard]] PixelFormat format() const { return format_; }
  [[nodiscard]] std::ptrdiff_t stride() const { return std::ptrdiff_t{width_} * channel_count(format_); }
  [[nodiscard]] std::uint8_t* row(std::int32_t y) { return pixels_.data() + y * stride(); }
  [[nodiscard]] const std::uint8_t* row(std::int32_t y) const { return pixels_.data() + y * stride(); }
  [[nodiscard]] ImageView view() const { return {pixels_.data(), width_, height_, stride(), format_}; }

 private:
  std::vector<std::uint8_t> pixels_;
  std::int32_t width_ = 0;
  std::int32_t height_ = 0;
  PixelFormat format_ = PixelFormat::kRgb;
};

}  // namespace hearth
