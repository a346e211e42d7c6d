// What plugins say of themselves in JSON, read without trust.
#pragma once

#include <string_view>

#include "domain/runtime_info.h"
#include "hearth/result.h"

namespace hearth {

// Longer answers are refused.
inline constexpr std::size_t kPluginJsonBytesMax = 4U << 20;

// InvalidData: not JSON, a required field (name, version) is missing, or a field has another type.
Result<RuntimeInfo> parse_describe(std::string_view json);
// InvalidData: not JSON, or no whole score from 0 to 100, or 0 without a reason.
Result<RuntimeScore> parse_score(std::string_view json);

}  // namespace hearth
