// How busy the machine has been.
#pragma once

#include <optional>

namespace hearth {

// Runnable threads on average over the last minute; absent where the system doesn't tell.
[[nodiscard]] std::optional<double> load_average_1min();

}  // namespace hearth
