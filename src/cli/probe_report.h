// A machine's profile as a table for people.
#pragma once

#include <string>

#include "app/machine_probe.h"
#include "cli/output.h"

namespace hearth::cli {

// Three columns, what, value, where from; a block for each part of the machine; at the end what was skipped and why.
[[nodiscard]] std::string probe_report(const Output& out, const HardwareProfile& profile);

}  // namespace hearth::cli
