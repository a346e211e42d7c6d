#include "metrics/ledger_database.h"

#include <fmt/format.h>

namespace hearth {
namespace {

ErrorCode code_of(int status) {
  switch (status & 0xFF) {  // the low byte is the primary code. Source: sqlite.org/rescode.html
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorCode::kInvalidData;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorCode::kUnavailable;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return ErrorCode::kPermissionDenied;
    case SQLITE_NOMEM: return ErrorCode::kOutOfMemory;
    case SQLITE_MISUSE:
    case SQLITE_RANGE: return ErrorCode::kInternal;
    default: return ErrorCode::kIo;
  }
}

const char* hint_of(ErrorCode code) {
  if (code == ErrorCode::kUnavailable) return "another process has been writing for long; try again in a moment";
  if (code == ErrorCode::kPermissionDenied) return "see that your user may write the file and its folder";
  if (code == ErrorCode::kIo) return "see that the folder can be written and the disk has room";
  return "";
}

}  // namespace

Error sqlite_error(sqlite3* db, int status) {
  const ErrorCode code = code_of(status);
  const char* file = db == nullptr ? nullptr : sqlite3_db_filename(db, "main");
  return Error(code,
               fmt::format("the ledger {} can't be used: {}", file == nullptr || *file == '\0' ? "" : file,
                           db == nullptr ? sqlite3_errstr(status) : sqlite3_errmsg(db)),
               hint_of(code));
}

Result<SqliteStatement> SqliteStatement::prepare(sqlite3* db, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int status = sqlite3_prepare_v2(db, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (status != SQLITE_OK) return fail(sqlite_error(db, status));
  return SqliteStatement(db, statement);
}

void SqliteStatement::note(int status) {
  if (bind_status_ == SQLITE_OK) bind_status_ = status;
}

void SqliteStatement::bind(int parameter, std::int64_t value) {
  note(sqlite3_bind_int64(statement_.get(), parameter, value));
}

void SqliteStatement::bind(int parameter, const std::string& value) {
  note(sqlite3_bind_text64(statement_.get(), parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}

void SqliteStatement::bind(int parameter, std::optional<double> value) {
  note(value ? sqlite3_bind_double(statement_.get(), parameter, *value)
             : sqlite3_bind_null(statement_.get(), parameter));
}

Result<bool> SqliteStatement::step() {
  if (bind_status_ != SQLITE_OK) return fail(sqlite_error(db_, bind_status_));
  const int status = sqlite3_step(statement_.get());
  if (status == SQLITE_ROW) return true;
  if (status == SQLITE_DONE) return false;
  return fail(sqlite_error(db_, status));
}

std::int64_t SqliteStatement::integer(int column) const { return sqlite3_column_int64(statement_.get(), column); }

std::string SqliteStatement::text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return {};
  return {reinterpret_cast<const char*>(bytes),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::optional<double> SqliteStatement::real(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return sqlite3_column_double(statement_.get(), column);
}

Result<SqliteHandle> open_sqlite(const std::filesystem::path& file, std::chrono::milliseconds busy_timeout) {
  sqlite3* db = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_EXRESCODE;
  const int status = sqlite3_open_v2(file.string().c_str(), &db, kFlags, nullptr);
  SqliteHandle handle(db);  // to be closed even when opening failed
  if (status != SQLITE_OK)
    return fail(Error(code_of(status), fmt::format("{} can't be opened: {}", file.string(), sqlite3_errstr(status)),
                      hint_of(code_of(status))));
  sqlite3_busy_timeout(db, static_cast<int>(busy_timeout.count()));
  return handle;
}

Status run_sql(sqlite3* db, std::string_view sql) {
  HEARTH_ASSIGN(statement, SqliteStatement::prepare(db, sql));
  while (true) {
    HEARTH_ASSIGN(row, statement.step());
    if (!row) return {};
  }
}

Result<std::int64_t> read_integer(sqlite3* db, std::string_view sql) {
  HEARTH_ASSIGN(statement, SqliteStatement::prepare(db, sql));
  HEARTH_ASSIGN(row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<SqliteTransaction> SqliteTransaction::begin(sqlite3* db) {
  HEARTH_TRY(run_sql(db, "BEGIN IMMEDIATE"));
  return SqliteTransaction(db);
}

SqliteTransaction::~SqliteTransaction() {
  if (db_ != nullptr) (void)run_sql(db_, "ROLLBACK");  // fails only where SQLite has rolled back by itself
}

Status SqliteTransaction::commit() {
  HEARTH_TRY(run_sql(db_, "COMMIT"));
  db_ = nullptr;
  return {};
}

}  // namespace hearth
