// Samples as realtime events carry them.
#pragma once

#include <string_view>
#include <vector>

#include "hearth/result.h"

namespace hearth::serve {

// 16-bit little-endian PCM in base64 as samples in [-1,1]. kInvalidArgument, "param" being "audio": no base64, or half
// a sample.
[[nodiscard]] Result<std::vector<float>> read_pcm16(std::string_view base64);

}  // namespace hearth::serve
