// The ledger as `hearth ledger --json` prints it. Schema: ledger.schema.json.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "metrics/ledger_record.h"

namespace hearth {

[[nodiscard]] nlohmann::ordered_json conditions_to_json(const LedgerConditions& conditions);

// {records, components, notices}; `records` oldest first.
[[nodiscard]] nlohmann::ordered_json ledger_to_json(std::span<const LedgerRecord> records,
                                                    const std::vector<std::string>& notices);

}  // namespace hearth
