#include "app/ledger_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>

#include "base/units.h"

namespace hearth {

std::string figure_text(double value, std::string_view unit) {
  if (unit == "bytes" && value >= 0 && value < 1e18) return format_bytes(static_cast<std::uint64_t>(value));
  if (unit == "share") return percent_text(value);
  const double size = std::abs(value);
  const int digits = size >= 100 || size == 0 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return fmt::format("{:.{}f}{}{}", value, digits, unit.empty() ? "" : " ", unit);
}

std::string percent_text(double share) {
  const double percent = share * 100;
  return fmt::format("{:.{}f} %", percent, std::abs(percent) < 100 ? 1 : 0);
}

std::string day_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string time_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

}  // namespace hearth
