// Runtimes as JSON, the same in `hearth runtimes` and `hearth version`.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <vector>

#include "app/known_runtimes.h"

namespace hearth::cli {

[[nodiscard]] nlohmann::ordered_json runtimes_to_json(const std::vector<KnownRuntime>& runtimes);

}  // namespace hearth::cli
