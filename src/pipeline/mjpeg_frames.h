// A whole MJPEG stream as its pictures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth {

// Every JPEG in `bytes`, copied. kInvalidData: none, one that is cut off, or more than `frames_max`.
[[nodiscard]] Result<std::vector<std::string>> split_mjpeg(std::string_view bytes, std::size_t frames_max);

}  // namespace hearth
