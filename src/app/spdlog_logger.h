// Joins the Logger port to spdlog: one line a message on standard error.
#pragma once

#include <memory>

#include "base/log.h"

namespace hearth {

// Messages below `level` are dropped. Thread-safe.
[[nodiscard]] std::unique_ptr<Logger> make_stderr_logger(LogLevel level);

}  // namespace hearth
