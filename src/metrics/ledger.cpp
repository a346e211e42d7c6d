#include "metrics/ledger.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <thread>
#include <utility>

#include "metrics/ledger_database.h"
#include "metrics/ledger_schema.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTextBytesMax = 4096;

constexpr std::string_view kInsert =
    "INSERT INTO record (time_ms, machine, kind, key, metric, unit, model, precision, runtime, backend, model_sha256,"
    " runtime_version, settings, power, temperature_c, load, load_after, other_cpu_share, n, measured, projected,"
    " raw_projected, spread, disturbed, disturbance)"
    " VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25)";

constexpr std::string_view kSelect =
    "SELECT id, time_ms, machine, kind, key, metric, unit, model, precision, runtime, backend, model_sha256,"
    " runtime_version, settings, power, temperature_c, load, load_after, other_cpu_share, n, measured, projected,"
    " raw_projected, spread, disturbed, disturbance FROM record"
    " WHERE (?1 = '' OR machine = ?1) AND (?2 = '' OR kind = ?2) AND (?3 = '' OR metric = ?3)"
    " ORDER BY id DESC LIMIT ?4";

constexpr std::string_view kPrune =
    "DELETE FROM record WHERE id ="
    " (SELECT min(id) FROM record GROUP BY machine, key ORDER BY count(*) DESC, min(id) LIMIT 1)";

std::string settings_text(const std::map<std::string, std::string>& settings) {
  return nlohmann::json(settings).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> parse_settings(const std::string& text) {
  std::map<std::string, std::string> settings;
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return settings;
  for (const auto& [name, value] : json.items())
    if (value.is_string()) settings.emplace(name, value.get<std::string>());
  return settings;
}

Status check(const LedgerRecord& r, const std::string& settings) {
  if (r.machine.empty() || r.kind.empty() || r.key.empty() || r.metric.empty() || r.n == 0)
    return fail(ErrorCode::kInvalidArgument, "a ledger record needs a machine, a kind, a key, a metric and a sample");
  for (const auto* text :
       {&r.machine, &r.kind, &r.key, &r.metric, &r.unit, &r.model, &r.precision, &r.runtime, &r.backend,
        &r.model_sha256, &r.runtime_version, &r.conditions.power, &r.disturbance, &settings})
    if (text->size() > kTextBytesMax)
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("a ledger record holds a text of {} bytes; {} are allowed", text->size(), kTextBytesMax));
  for (const auto& value :
       {std::optional(r.measured), r.projected, r.raw_projected, r.spread, r.conditions.temperature_c,
        r.conditions.load, r.conditions.load_after, r.conditions.other_cpu_share})
    if (value && !std::isfinite(*value))
      return fail(ErrorCode::kInvalidArgument, fmt::format("a figure of the ledger record '{}' is not finite", r.key));
  return {};
}

void bind_record(SqliteStatement& s, const LedgerRecord& r, const std::string& settings) {
  s.bind(1, std::chrono::duration_cast<std::chrono::milliseconds>(r.time.time_since_epoch()).count());
  int at = 2;
  for (const auto* text : {&r.machine, &r.kind, &r.key, &r.metric, &r.unit, &r.model, &r.precision, &r.runtime,
                           &r.backend, &r.model_sha256, &r.runtime_version, &settings, &r.conditions.power})
    s.bind(at++, *text);
  for (const auto& value :
       {r.conditions.temperature_c, r.conditions.load, r.conditions.load_after, r.conditions.other_cpu_share})
    s.bind(at++, value);
  s.bind(at++, std::int64_t{r.n});
  for (const auto& value : {std::optional(r.measured), r.projected, r.raw_projected, r.spread}) s.bind(at++, value);
  s.bind(at++, std::int64_t{r.disturbed ? 1 : 0});
  s.bind(at, r.disturbance);
}

LedgerRecord read_record(const SqliteStatement& s) {
  LedgerRecord r;
  r.id = s.integer(0);
  r.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(s.integer(1)));
  int at = 2;
  std::string settings;
  for (auto* text : {&r.machine, &r.kind, &r.key, &r.metric, &r.unit, &r.model, &r.precision, &r.runtime, &r.backend,
                     &r.model_sha256, &r.runtime_version, &settings, &r.conditions.power})
    *text = s.text(at++);
  r.settings = parse_settings(settings);
  for (auto* value :
       {&r.conditions.temperature_c, &r.conditions.load, &r.conditions.load_after, &r.conditions.other_cpu_share})
    *value = s.real(at++);
  r.n = static_cast<std::uint32_t>(s.integer(at++));
  r.measured = s.real(at++).value_or(0);
  for (auto* value : {&r.projected, &r.raw_projected, &r.spread}) *value = s.real(at++);
  r.disturbed = s.integer(at++) != 0;
  r.disturbance = s.text(at);
  return r;
}

// Readers go on while one process writes. The change of mode may find another process making the file at this moment
// and is then refused at once, whatever the timeout; some network file systems don't know this mode and keep the older
// one, which is as safe.
Status choose_journal(sqlite3* db) {
  constexpr int kTries = 100;
  constexpr std::chrono::milliseconds kPause{20};
  for (int i = 1;; ++i) {
    auto done = run_sql(db, "PRAGMA journal_mode = WAL");
    if (done || done.error().code != ErrorCode::kUnavailable || i == kTries) {
      HEARTH_TRY(std::move(done));
      break;
    }
    std::this_thread::sleep_for(kPause);
  }
  return run_sql(db, "PRAGMA synchronous = FULL");  // on the disk when a commit returns, not only safe from tearing
}

Result<SqliteHandle> open_database(const fs::path& file, const LedgerOptions& options) {
  HEARTH_ASSIGN(db, open_sqlite(file, options.busy_timeout));
  // First, so that a file of a newer version is refused before anything of it is changed.
  HEARTH_ASSIGN(version, read_integer(db.get(), "PRAGMA user_version"));
  if (version <= static_cast<std::int64_t>(ledger_steps().size())) HEARTH_TRY(choose_journal(db.get()));
  HEARTH_TRY(migrate_ledger(db.get(), ledger_steps()));
  return db;
}

// Another process may have found the fault first and begun a new file meanwhile.
bool is_sound(const fs::path& file, const LedgerOptions& options) {
  auto db = open_sqlite(file, options.busy_timeout);
  if (!db) return false;
  auto check = SqliteStatement::prepare(db->get(), "PRAGMA quick_check(1)");
  if (!check) return false;
  const auto row = check->step();
  return row && *row && check->text(0) == "ok";
}

// The name that the corrupt file and its journal get; absent where they couldn't be moved.
std::optional<fs::path> set_aside(const fs::path& file, std::chrono::system_clock::time_point now) {
  const auto base = fmt::format("{}.corrupt-{:%Y%m%dT%H%M%SZ}", file.string(),
                                fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
  std::error_code error;
  fs::path aside = base;
  constexpr int kNamesMax = 1000;
  for (int i = 2; fs::exists(aside, error) && i < kNamesMax; ++i) aside = base + "-" + std::to_string(i);
  fs::rename(file, aside, error);
  if (error) return std::nullopt;
  for (const char* suffix : {"-wal", "-shm"}) {
    std::error_code absent;  // there need be no journal
    fs::rename(file.string() + suffix, aside.string() + suffix, absent);
  }
  return aside;
}

}  // namespace

class Ledger::State {
 public:
  State(fs::path file, const LedgerOptions& options) : file_(std::move(file)), options_(options) {}

  Status open() {
    auto db = open_database(file_, options_);
    if (!db && db.error().code == ErrorCode::kInvalidData) {
      HEARTH_TRY(begin_anew(db.error()));
      return {};
    }
    if (!db) return fail(std::move(db).error());
    db_ = std::move(db).value();
    return {};
  }

  // Does `work` on the connection; a file that turns out to be corrupt meanwhile is replaced and the work done once
  // more.
  template <class Work>
  auto with_database(Work&& work) -> decltype(work(std::declval<sqlite3*>())) {
    auto result = work(db_.get());
    if (result.has_value() || result.error().code != ErrorCode::kInvalidData) return result;
    HEARTH_TRY(begin_anew(result.error()));
    return work(db_.get());
  }

  [[nodiscard]] const fs::path& file() const { return file_; }
  [[nodiscard]] const LedgerOptions& options() const { return options_; }
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

 private:
  Status begin_anew(const Error& fault) {
    db_.reset();
    if (!is_sound(file_, options_)) {
      const auto aside = set_aside(file_, std::chrono::system_clock::now());
      if (!aside)
        return fail(Error(ErrorCode::kIo,
                          fmt::format("the ledger {} is corrupt and can't be moved out of the way", file_.string()),
                          "move the file away by hand")
                        .because(fault));
      notices_.push_back(
          fmt::format("the ledger was corrupt; it was kept as {} and a new one begun (`sqlite3 FILE .recover` may save "
                      "its records)",
                      aside->string()));
    }
    HEARTH_ASSIGN(db, open_database(file_, options_));
    db_ = std::move(db);
    return {};
  }

  fs::path file_;
  LedgerOptions options_;
  SqliteHandle db_;
  std::vector<std::string> notices_;
};

Ledger::Ledger(std::unique_ptr<State> state) : state_(std::move(state)) {}
Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;

Result<Ledger> Ledger::open(const fs::path& file, const LedgerOptions& options) {
  auto state = std::make_unique<State>(file, options);
  HEARTH_TRY(state->open());
  return Ledger(std::move(state));
}

Status Ledger::append(const LedgerRecord& record) const {
  const std::string settings = settings_text(record.settings);
  HEARTH_TRY(check(record, settings));
  return state_->with_database([&](sqlite3* db) -> Status {
    HEARTH_ASSIGN(transaction, SqliteTransaction::begin(db));
    HEARTH_ASSIGN(insert, SqliteStatement::prepare(db, kInsert));
    bind_record(insert, record, settings);
    HEARTH_ASSIGN(row, insert.step());
    (void)row;  // an insertion gives none
    HEARTH_ASSIGN(count, read_integer(db, "SELECT count(*) FROM record"));
    for (auto left = count; left > static_cast<std::int64_t>(state_->options().records_max); --left)
      HEARTH_TRY(run_sql(db, kPrune));
    return transaction.commit();
  });
}

Result<std::vector<LedgerRecord>> Ledger::records(const LedgerFilter& filter) const {
  return state_->with_database([&](sqlite3* db) -> Result<std::vector<LedgerRecord>> {
    HEARTH_ASSIGN(select, SqliteStatement::prepare(db, kSelect));
    select.bind(1, filter.machine);
    select.bind(2, filter.kind);
    select.bind(3, filter.metric);
    select.bind(4, filter.newest == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(filter.newest));
    std::vector<LedgerRecord> records;
    while (true) {
      HEARTH_ASSIGN(row, select.step());
      if (!row) break;
      records.push_back(read_record(select));
    }
    std::reverse(records.begin(), records.end());
    return records;
  });
}

Result<std::uint64_t> Ledger::size() const {
  return state_->with_database([&](sqlite3* db) -> Result<std::uint64_t> {
    HEARTH_ASSIGN(count, read_integer(db, "SELECT count(*) FROM record"));
    return static_cast<std::uint64_t>(count);
  });
}

const fs::path& Ledger::file() const { return state_->file(); }
const std::vector<std::string>& Ledger::notices() const { return state_->notices(); }

}  // namespace hearth
