// Adds keys to the file that `hearth serve --keys` reads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "hearth/result.h"

namespace hearth {

// 0: no such limit.
struct ApiKeyLimits {
  std::uint32_t requests_per_minute = 0;
  std::uint32_t concurrent_requests = 0;
  std::uint32_t tokens_per_minute = 0;
  std::string priority = "normal";  // "interactive", "normal", "background"
};

// The new key in the clear, which is kept nowhere; its hash is appended to `file`, made where it is not there.
// kInvalidArgument: a name that is taken or that the file can't hold. Errors of the file.
[[nodiscard]] Result<std::string> add_api_key(const std::filesystem::path& file, const std::string& name,
                                              const ApiKeyLimits& limits);

}  // namespace hearth
