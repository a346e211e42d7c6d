// Pixels to JPEG and PNG.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "hearth/result.h"
#include "vision/image.h"
#include "vision/image_decoding.h"

namespace hearth {

// By the file name's ending: .jpg, .jpeg, .png, in any case. kInvalidArgument names those that are written.
[[nodiscard]] Result<ImageFileFormat> encoding_of_name(std::string_view file_name);

// Appends nothing: `out` is replaced. quality 1..100 is JPEG's. kInvalidArgument: an empty picture, another quality or
// format; kOutOfMemory. Thread-safe.
[[nodiscard]] Status encode_image(const ImageView& picture, ImageFileFormat format, int quality,
                                  std::vector<std::uint8_t>& out);

}  // namespace hearth
