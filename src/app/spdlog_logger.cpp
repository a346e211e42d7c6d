#include "app/spdlog_logger.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace hearth {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarn: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

class SpdlogLogger final : public Logger {
 public:
  explicit SpdlogLogger(LogLevel level) : logger_("hearth", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()) {
    logger_.set_level(to_spdlog(level));
    logger_.set_pattern("%H:%M:%S.%e %^%l%$ %v");
  }
  void write(LogLevel level, std::string_view component, std::string_view message) override {
    logger_.log(to_spdlog(level), "{}: {}", component, message);
  }

 private:
  spdlog::logger logger_;
};

}  // namespace

std::unique_ptr<Logger> make_stderr_logger(LogLevel level) { return std::make_unique<SpdlogLogger>(level); }

}  // namespace hearth
