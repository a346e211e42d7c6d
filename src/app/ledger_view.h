// The ledger as commands show it: they reach it through app only.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "hearth/result.h"
#include "metrics/ledger.h"          // IWYU pragma: export
#include "metrics/ledger_record.h"   // IWYU pragma: export
#include "metrics/ledger_summary.h"  // IWYU pragma: export

namespace hearth {

struct LedgerView {
  std::vector<LedgerRecord> records;  // oldest first
  std::vector<LedgerComponent> components;
  std::vector<std::string> notices;
};

// Errors as Ledger::open and Ledger::records give them.
[[nodiscard]] Result<LedgerView> view_ledger(const std::filesystem::path& home, const LedgerFilter& filter);

// All records as one JSON document, as `hearth ledger --json` prints them.
[[nodiscard]] Result<std::string> ledger_document(const std::filesystem::path& home);

// Replaces the file at once or not at all. Errors as write_file_atomic.
[[nodiscard]] Status write_ledger_page(const std::filesystem::path& file, std::string_view page);

}  // namespace hearth
