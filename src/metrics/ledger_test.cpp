#include "metrics/ledger.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <thread>

#include "metrics/ledger_database.h"
#include "metrics/ledger_schema.h"
#include "metrics/ledger_test_files.h"

namespace hearth {
namespace {

namespace fs = std::filesystem;

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTestFolder folder_;
  fs::path file_ = folder_.path() / kLedgerFile;
};

TEST_F(LedgerTest, a_record_comes_back_as_it_was_appended) {
  LedgerRecord record = test_record("decode", 12.5);
  record.time = std::chrono::system_clock::time_point(std::chrono::milliseconds(1'763'683'200'123));
  record.model_sha256 = "ab";
  record.runtime_version = "1.2";
  record.settings = {{"threads", "4"}, {"kv_type", "q8_0"}};
  record.conditions = {51.5, "battery", 0.4, 1.2, 0.05};
  record.n = 3;
  record.projected = 10;
  record.raw_projected = 9;
  record.spread = 0.02;
  record.disturbed = true;
  record.disturbance = "other programs took 40 %";
  {
    auto ledger = Ledger::open(file_);
    ASSERT_TRUE(ledger) << to_string(ledger.error());
    ASSERT_TRUE(ledger->append(record));
  }
  auto ledger = Ledger::open(file_);
  ASSERT_TRUE(ledger);
  const auto records = ledger->records();
  ASSERT_TRUE(records);
  ASSERT_EQ(records->size(), 1U);
  const LedgerRecord& back = records->front();
  EXPECT_EQ(back.time, record.time);
  EXPECT_EQ(back.key, "decode");
  EXPECT_EQ(back.model, record.model);
  EXPECT_EQ(back.metric, record.metric);
  EXPECT_EQ(back.settings, record.settings);
  EXPECT_EQ(back.conditions, record.conditions);
  EXPECT_EQ(back.n, 3U);
  EXPECT_EQ(back.raw_projected, 9);
  EXPECT_EQ(back.spread, 0.02);
  EXPECT_TRUE(back.disturbed);
  EXPECT_EQ(back.disturbance, record.disturbance);
  EXPECT_DOUBLE_EQ(*back.error(), 0.25);
}

TEST_F(LedgerTest, what_is_unknown_stays_absent) {
  auto ledger = Ledger::open(file_);
  ASSERT_TRUE(ledger->append(test_record("load", 3)));
  const auto records = ledger->records();
  EXPECT_FALSE(records->front().projected);
  EXPECT_FALSE(records->front().spread);
  EXPECT_FALSE(records->front().error());
  EXPECT_EQ(records->front().conditions, LedgerConditions());
}

TEST_F(LedgerTest, a_filter_takes_the_newest_of_its_kind_oldest_first) {
  auto ledger = Ledger::open(file_);
  for (int i = 0; i < 6; ++i) {
    auto record = test_record("k" + std::to_string(i), i);
    record.kind = i % 2 == 0 ? "speed" : "memory";
    record.machine = i == 5 ? "it's \"other\"; DROP TABLE record" : "box";
    ASSERT_TRUE(ledger->append(record));
  }
  LedgerFilter filter;
  filter.kind = "speed";
  filter.newest = 2;
  auto records = ledger->records(filter);
  ASSERT_EQ(records->size(), 2U);
  EXPECT_EQ((*records)[0].key, "k2");
  EXPECT_EQ((*records)[1].key, "k4");
  records = ledger->records({.machine = "it's \"other\"; DROP TABLE record"});
  ASSERT_EQ(records->size(), 1U);
  EXPECT_EQ(records->front().key, "k5");
  EXPECT_TRUE(ledger->records({.machine = "nobody"})->empty());
}

TEST_F(LedgerTest, records_without_identity_or_with_unreal_figures_are_refused) {
  auto ledger = Ledger::open(file_);
  auto nameless = test_record("", 1);
  EXPECT_EQ(ledger->append(nameless).error().code, ErrorCode::kInvalidArgument);
  auto endless = test_record("k", std::numeric_limits<double>::infinity());
  EXPECT_EQ(ledger->append(endless).error().code, ErrorCode::kInvalidArgument);
  auto vast = test_record("k", 1);
  vast.settings["note"] = std::string(5000, 'x');
  EXPECT_EQ(ledger->append(vast).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(*ledger->size(), 0U);
}

TEST_F(LedgerTest, at_its_bound_the_oldest_of_the_most_numerous_key_goes) {
  LedgerOptions options;
  options.records_max = 5;
  auto ledger = Ledger::open(file_, options);
  ASSERT_TRUE(ledger->append(test_record("rare", 0)));
  for (int i = 1; i <= 7; ++i) ASSERT_TRUE(ledger->append(test_record("often", i)));
  const auto records = ledger->records();
  ASSERT_EQ(records->size(), 5U);
  EXPECT_EQ(records->front().key, "rare");
  EXPECT_EQ((*records)[1].measured, 4);
  EXPECT_EQ(records->back().measured, 7);
}

TEST_F(LedgerTest, a_smaller_bound_prunes_what_is_there_already) {
  {
    auto ledger = Ledger::open(file_);
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(ledger->append(test_record("k", i)));
  }
  LedgerOptions options;
  options.records_max = 3;
  auto ledger = Ledger::open(file_, options);
  ASSERT_TRUE(ledger->append(test_record("k", 8)));
  EXPECT_EQ(*ledger->size(), 3U);
}

TEST_F(LedgerTest, a_file_of_a_newer_version_is_refused_and_left_alone) {
  {
    auto db = open_sqlite(file_, std::chrono::milliseconds(100));
    ASSERT_TRUE(run_sql(db->get(), "CREATE TABLE future (x)"));
    ASSERT_TRUE(run_sql(db->get(), "PRAGMA user_version = 99"));
  }
  const auto before = file_bytes(file_);
  const auto ledger = Ledger::open(file_);
  ASSERT_FALSE(ledger);
  EXPECT_EQ(ledger.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(ledger.error().message.find("99"), std::string::npos);
  EXPECT_EQ(file_bytes(file_), before);
}

TEST_F(LedgerTest, an_older_version_is_taken_up_step_by_step_keeping_its_rows) {
  auto db = open_sqlite(file_, std::chrono::milliseconds(100));
  constexpr const char* kOne[] = {"CREATE TABLE t (a)", "INSERT INTO t VALUES (7)"};
  constexpr const char* kTwo[] = {"ALTER TABLE t ADD COLUMN b DEFAULT 8"};
  const std::array<LedgerStep, 1> old_steps = {LedgerStep(kOne)};
  const std::array<LedgerStep, 2> new_steps = {LedgerStep(kOne), LedgerStep(kTwo)};
  ASSERT_TRUE(migrate_ledger(db->get(), old_steps));
  ASSERT_TRUE(migrate_ledger(db->get(), new_steps));
  EXPECT_EQ(*read_integer(db->get(), "SELECT a + b FROM t"), 15);
  EXPECT_EQ(*read_integer(db->get(), "PRAGMA user_version"), 2);
}

TEST_F(LedgerTest, a_migration_that_fails_changes_nothing) {
  auto db = open_sqlite(file_, std::chrono::milliseconds(100));
  constexpr const char* kOne[] = {"CREATE TABLE t (a)"};
  constexpr const char* kBroken[] = {"ALTER TABLE t ADD COLUMN b", "ALTER TABLE missing ADD COLUMN c"};
  const std::array<LedgerStep, 2> steps = {LedgerStep(kOne), LedgerStep(kBroken)};
  EXPECT_FALSE(migrate_ledger(db->get(), steps));
  EXPECT_EQ(*read_integer(db->get(), "PRAGMA user_version"), 0);
  EXPECT_EQ(*read_integer(db->get(), "SELECT count(*) FROM sqlite_master"), 0);
}

TEST_F(LedgerTest, a_file_that_is_no_database_is_kept_aside_and_a_new_one_begun) {
  std::ofstream(file_) << std::string(9000, 'x');
  auto ledger = Ledger::open(file_);
  ASSERT_TRUE(ledger) << to_string(ledger.error());
  ASSERT_EQ(ledger->notices().size(), 1U);
  EXPECT_TRUE(ledger->append(test_record("k", 1)));
  EXPECT_EQ(*ledger->size(), 1U);
  std::size_t aside = 0;
  for (const auto& entry : fs::directory_iterator(folder_.path()))
    if (entry.path().filename().string().find(".corrupt-") != std::string::npos) {
      ++aside;
      EXPECT_EQ(file_bytes(entry.path()), std::string(9000, 'x'));
    }
  EXPECT_EQ(aside, 1U);
  EXPECT_TRUE(Ledger::open(file_)->notices().empty());
}

TEST_F(LedgerTest, damage_that_shows_up_while_reading_or_writing_begins_a_new_file_too) {
  for (const bool by_reading : {true, false}) {
    fs::remove(file_);
    {
      auto ledger = Ledger::open(file_);
      for (int i = 0; i < 200; ++i) ASSERT_TRUE(ledger->append(test_record("k" + std::to_string(i), i)));
    }
    auto bytes = file_bytes(file_);
    ASSERT_GT(bytes.size(), 3U * 4096);
    for (std::size_t at = 4096; at < bytes.size(); ++at) bytes[at] = static_cast<char>(at * 37);  // all but page 1
    std::ofstream(file_, std::ios::binary) << bytes;
    auto ledger = Ledger::open(file_);
    ASSERT_TRUE(ledger) << to_string(ledger.error());
    if (by_reading) {
      const auto records = ledger->records();
      ASSERT_TRUE(records) << to_string(records.error());
      EXPECT_TRUE(records->empty());
    }
    ASSERT_TRUE(ledger->append(test_record("new", 1)));
    EXPECT_EQ(*ledger->size(), 1U);
    EXPECT_FALSE(ledger->notices().empty());
  }
}

TEST_F(LedgerTest, two_writers_at_once_lose_nothing) {
  constexpr int kEach = 150;
  const auto write = [&](const std::string& key) {
    auto ledger = Ledger::open(file_);  // both may be the one that makes the file
    ASSERT_TRUE(ledger) << to_string(ledger.error());
    for (int i = 0; i < kEach; ++i) {
      const auto done = ledger->append(test_record(key, i));
      ASSERT_TRUE(done) << to_string(done.error());
    }
  };
  std::thread one(write, "one");
  std::thread two(write, "two");
  one.join();
  two.join();
  EXPECT_EQ(*Ledger::open(file_)->size(), 2U * kEach);
}

TEST_F(LedgerTest, a_file_locked_for_too_long_is_unavailable) {
  LedgerOptions options;
  options.busy_timeout = std::chrono::milliseconds(20);
  auto ledger = Ledger::open(file_, options);
  auto holder = open_sqlite(file_, std::chrono::milliseconds(20));
  const auto held = SqliteTransaction::begin(holder->get());
  ASSERT_TRUE(held);
  EXPECT_EQ(ledger->append(test_record("k", 1)).error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(ledger->records());  // readers are not held up
}

TEST_F(LedgerTest, a_folder_in_its_place_is_an_error_with_its_name) {
  fs::create_directory(file_);
  const auto ledger = Ledger::open(file_);
  ASSERT_FALSE(ledger);
  EXPECT_NE(ledger.error().message.find(kLedgerFile), std::string::npos);
}

}  // namespace
}  // namespace hearth
