// The ledger as one HTML file that needs nothing else: a table and plots in SVG.
#pragma once

#include <span>
#include <string>

#include "metrics/ledger_record.h"

namespace hearth {

// `records` oldest first.
[[nodiscard]] std::string ledger_html(std::span<const LedgerRecord> records);

}  // namespace hearth
