// A writer that is killed at any moment leaves a sound file with every record whose append() had returned.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "metrics/ledger.h"
#include "metrics/ledger_database.h"
#include "metrics/ledger_test_files.h"

namespace hearth {
namespace {

// Appends 0, 1, 2, ... and writes a byte into `pipe` for each record that append() says is kept. Never returns.
[[noreturn]] void append_for_ever(const std::filesystem::path& file, int pipe) {
  auto ledger = Ledger::open(file);
  if (!ledger) _exit(1);
  for (int i = 0;; ++i) {
    if (!ledger->append(test_record("key " + std::to_string(i % 7), i))) _exit(2);
    if (write(pipe, "x", 1) != 1) _exit(3);
  }
}

int count_bytes(int pipe) {
  char buffer[4096];
  int count = 0;
  for (ssize_t n = 0; (n = read(pipe, buffer, sizeof buffer)) > 0;) count += static_cast<int>(n);
  return count;
}

TEST(LedgerKill, a_killed_writer_leaves_a_sound_file_with_all_that_was_kept) {
  const LedgerTestFolder folder;
  const auto file = folder.path() / kLedgerFile;
  std::uint64_t kept_before = 0;
  for (int round = 0; round < 8; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      append_for_ever(file, ends[1]);
    }
    close(ends[1]);
    // It is surely in the middle of something after the first records; where exactly differs from round to round.
    char first[8];
    ASSERT_GT(read(ends[0], first, 1), 0);
    usleep(static_cast<useconds_t>(1'000 + 3'700 * round));
    kill(child, SIGKILL);
    const int told = 1 + count_bytes(ends[0]);
    close(ends[0]);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;

    auto ledger = Ledger::open(file);
    ASSERT_TRUE(ledger) << to_string(ledger.error());
    EXPECT_TRUE(ledger->notices().empty());
    const auto size = *ledger->size();
    EXPECT_GE(size, kept_before + static_cast<std::uint64_t>(told));
    EXPECT_LE(size, kept_before + static_cast<std::uint64_t>(told) + 1);  // one may be kept but not yet told
    kept_before = size;
    auto db = open_sqlite(file, std::chrono::milliseconds(1000));
    auto check = SqliteStatement::prepare(db->get(), "PRAGMA integrity_check");
    ASSERT_TRUE(check);
    ASSERT_TRUE(*check->step());
    EXPECT_EQ(check->text(0), "ok");
  }
}

}  // namespace
}  // namespace hearth
