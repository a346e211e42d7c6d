#include "vision/image.h"

namespace hearth {

void Image::reset(std::int32_t width, std::int32_t height, PixelFormat format) {
  width_ = width;
  height_ = height;
  format_ = format;
  const auto n_bytes = static_cast<std::size_t>(stride()) * static_cast<std::size_t>(height);
  if (n_bytes > pixels_.size()) pixels_.resize(n_bytes);
}

}  // namespace hearth
