// SQLite as the ledger uses it: one connection, prepared statements, our errors.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/unique_handle.h"
#include "hearth/result.h"

namespace hearth {

struct SqliteTraits {
  using Type = sqlite3*;
  static Type invalid() { return nullptr; }
  static void close(Type db) { sqlite3_close_v2(db); }
};
using SqliteHandle = UniqueHandle<SqliteTraits>;

struct SqliteStatementTraits {
  using Type = sqlite3_stmt*;
  static Type invalid() { return nullptr; }
  static void close(Type statement) { sqlite3_finalize(statement); }
};

// One prepared statement. Borrows its connection. Parameters and columns count as in SQLite: from 1, and from 0.
class SqliteStatement {
 public:
  static Result<SqliteStatement> prepare(sqlite3* db, std::string_view sql);

  void bind(int parameter, std::int64_t value);
  void bind(int parameter, const std::string& value);  // copied
  void bind(int parameter, std::optional<double> value);

  // Whether there is a row now; false at the end.
  [[nodiscard]] Result<bool> step();

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::optional<double> real(int column) const;  // absent: NULL

 private:
  SqliteStatement(sqlite3* db, sqlite3_stmt* statement) : db_(db), statement_(statement) {}
  void note(int status);
  sqlite3* db_;
  UniqueHandle<SqliteStatementTraits> statement_;
  int bind_status_ = SQLITE_OK;  // the first failure, told by step()
};

// Opens or makes the file. Nothing of it is read yet. Waits `busy_timeout` for other processes.
[[nodiscard]] Result<SqliteHandle> open_sqlite(const std::filesystem::path& file,
                                               std::chrono::milliseconds busy_timeout);

// Runs one statement that gives no rows that matter.
[[nodiscard]] Status run_sql(sqlite3* db, std::string_view sql);
// The first column of the first row.
[[nodiscard]] Result<std::int64_t> read_integer(sqlite3* db, std::string_view sql);

// What the connection reports. InvalidData: the file is corrupt or no database; Unavailable: locked by others for too
// long; PermissionDenied, OutOfMemory, Io.
[[nodiscard]] Error sqlite_error(sqlite3* db, int status);

// All or nothing: rolled back unless committed. Borrows its connection.
class SqliteTransaction {
 public:
  // Takes the right to write at once, so that two writers wait for each other instead of failing half way.
  static Result<SqliteTransaction> begin(sqlite3* db);
  ~SqliteTransaction();
  SqliteTransaction(SqliteTransaction&& other) noexcept : db_(std::exchange(other.db_, nullptr)) {}
  SqliteTransaction& operator=(SqliteTransaction&&) = delete;
  SqliteTransaction(const SqliteTransaction&) = delete;
  SqliteTransaction& operator=(const SqliteTransaction&) = delete;
  [[nodiscard]] Status commit();

 private:
  explicit SqliteTransaction(sqlite3* db) : db_(db) {}
  sqlite3* db_;
};

}  // namespace hearth
