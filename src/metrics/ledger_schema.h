// The tables of the ledger and how a file of an older version becomes one of this version.
#pragma once

#include <sqlite3.h>

#include <span>

#include "hearth/result.h"

namespace hearth {

// Step i turns a file of version i into one of version i + 1; it is a list of single statements. Released steps never
// change: a new version appends one.
using LedgerStep = std::span<const char* const>;

[[nodiscard]] std::span<const LedgerStep> ledger_steps();

// Takes the file from its PRAGMA user_version to steps.size(), in one transaction. kUnsupported for a newer file.
[[nodiscard]] Status migrate_ledger(sqlite3* db, std::span<const LedgerStep> steps);

}  // namespace hearth
