// The port through which code below `app` writes diagnostics; app joins it to spdlog. The library never prints.
#pragma once

#include <string_view>

namespace hearth {

enum class LogLevel { kDebug = 0, kInfo = 1, kWarn = 2, kError = 3 };

// Internally locked or stateless: called from any thread.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual void write(LogLevel level, std::string_view component, std::string_view message) = 0;
};

// Drops everything.
class NullLogger final : public Logger {
 public:
  void write(LogLevel, std::string_view, std::string_view) override {}
};

}  // namespace hearth
