#include "metrics/ledger_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "metrics/ledger_database.h"

namespace hearth {
namespace {

constexpr const char* kFirst[] = {
    "CREATE TABLE record (id INTEGER PRIMARY KEY AUTOINCREMENT, time_ms INTEGER NOT NULL, machine TEXT NOT NULL,"
    " kind TEXT NOT NULL, key TEXT NOT NULL, metric TEXT NOT NULL, unit TEXT NOT NULL, model TEXT NOT NULL,"
    " precision TEXT NOT NULL, runtime TEXT NOT NULL, backend TEXT NOT NULL, model_sha256 TEXT NOT NULL,"
    " runtime_version TEXT NOT NULL, settings TEXT NOT NULL, power TEXT NOT NULL, temperature_c REAL, load REAL,"
    " load_after REAL, other_cpu_share REAL, n INTEGER NOT NULL, measured REAL NOT NULL, projected REAL, raw_projected"
    " REAL, spread REAL, disturbed INTEGER NOT NULL, disturbance TEXT NOT NULL)",
    "CREATE INDEX record_by_key ON record (machine, key)",
};

constexpr LedgerStep kSteps[] = {kFirst};

Status check_known(sqlite3* db, std::int64_t version, std::int64_t known) {
  if (version <= known) return {};
  return fail(ErrorCode::kUnsupported,
              fmt::format("the ledger {} was written by a newer Hearth (its version is {}, this program knows {})",
                          sqlite3_db_filename(db, "main"), version, known),
              "use that newer program, or set HEARTH_HOME to another folder");
}

}  // namespace

std::span<const LedgerStep> ledger_steps() { return kSteps; }

Status migrate_ledger(sqlite3* db, std::span<const LedgerStep> steps) {
  const auto wanted = static_cast<std::int64_t>(steps.size());
  HEARTH_ASSIGN(seen, read_integer(db, "PRAGMA user_version"));
  if (seen == wanted) return {};
  HEARTH_TRY(check_known(db, seen, wanted));  // before anything is locked
  HEARTH_ASSIGN(transaction, SqliteTransaction::begin(db));
  HEARTH_ASSIGN(version, read_integer(db, "PRAGMA user_version"));  // another process may have been faster
  HEARTH_TRY(check_known(db, version, wanted));
  for (auto at = std::max<std::int64_t>(version, 0); at < wanted; ++at)
    for (const char* sql : steps[static_cast<std::size_t>(at)]) HEARTH_TRY(run_sql(db, sql));
  // A pragma takes no parameters; the number is ours.
  HEARTH_TRY(run_sql(db, "PRAGMA user_version = " + std::to_string(wanted)));
  return transaction.commit();
}

}  // namespace hearth
