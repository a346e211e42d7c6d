// The ledger's figures as people read them.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace hearth {

// Three significant digits and the unit; bytes as MiB or GiB, shares as percent.
[[nodiscard]] std::string figure_text(double value, std::string_view unit);
// "12.3 %", with its sign when negative.
[[nodiscard]] std::string percent_text(double share);
// "2026-11-21", UTC.
[[nodiscard]] std::string day_text(std::chrono::system_clock::time_point time);
// "2026-11-21T00:58:24Z".
[[nodiscard]] std::string time_text(std::chrono::system_clock::time_point time);

}  // namespace hearth
