// The style sheet of the HTML report.
#pragma once

namespace hearth {

[[nodiscard]] const char* report_style();

}  // namespace hearth
