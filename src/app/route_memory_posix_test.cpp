#include "app/route_memory.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

namespace hearth {
namespace {

namespace fs = std::filesystem;

class RouteMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    home_ = fs::temp_directory_path() / ("hearth-route-memory-" + std::to_string(::getpid()));
    fs::remove_all(home_);
    fs::create_directories(home_);
  }
  void TearDown() override { fs::remove_all(home_); }

  [[nodiscard]] RouteMemory open() const { return std::move(RouteMemory::open(home_, {})).value(); }
  static RouteRecord record(int i) {
    RouteRecord r;
    r.target = i % 2 == 0 ? "small" : "large";
    r.intent = static_cast<Intent>(i % 10);
    r.choice.context[0] = 1;
    r.choice.context[1] = static_cast<float>(i % 7) / 7;
    r.outcome.slo_met = i % 3 != 0;
    r.total_ms = 100 + i;
    return r;
  }
  static std::uint64_t outcomes(const RouteMemory& memory) {
    std::uint64_t n = 0;
    for (const auto& [target, intents] : memory.tallies())
      for (const auto& [intent, tally] : intents) n += tally.n;
    return n;
  }
  [[nodiscard]] fs::path journal() const {
    for (const auto& entry : fs::directory_iterator(home_ / "routing"))
      if (entry.path().extension() == ".jsonl") return entry.path();
    return {};
  }

  fs::path home_;
};

TEST_F(RouteMemoryTest, what_was_learnt_is_there_again) {
  RouteMemory memory = open();
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(memory.add(record(i)));
  const RouteMemory again = open();
  EXPECT_EQ(outcomes(again), 40U);
  ASSERT_EQ(again.bandit().arms().size(), 2U);
  for (std::size_t arm = 0; arm < 2; ++arm)
    for (std::size_t i = 0; i < kBanditSize; ++i)
      EXPECT_FLOAT_EQ(again.bandit().arms()[arm].weights[i], memory.bandit().arms()[arm].weights[i]);
}

TEST_F(RouteMemoryTest, a_snapshot_takes_the_journals_place_and_loses_nothing) {
  const int n = static_cast<int>(RouteMemory::kJournalMax) * 2 + 7;
  RouteMemory memory = open();
  for (int i = 0; i < n; ++i) ASSERT_TRUE(memory.add(record(i)));
  EXPECT_EQ(outcomes(open()), static_cast<std::uint64_t>(n));
}

TEST_F(RouteMemoryTest, a_cut_or_changed_line_ends_the_journal_and_the_rest_goes_on) {
  {
    RouteMemory memory = open();
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(memory.add(record(i)));
  }
  fs::resize_file(journal(), fs::file_size(journal()) - 5);
  RouteMemory memory = open();
  EXPECT_EQ(outcomes(memory), 9U);
  ASSERT_TRUE(memory.add(record(11)));
  EXPECT_EQ(outcomes(open()), 10U);
}

TEST_F(RouteMemoryTest, a_snapshot_that_is_no_json_is_told_and_starts_anew) {
  fs::create_directories(home_ / "routing");
  std::ofstream(home_ / "routing" / "learned.json") << "{ not json";
  const RouteMemory memory = open();
  EXPECT_NE(memory.notice().find("learned.json"), std::string::npos);
  EXPECT_EQ(outcomes(memory), 0U);
}

// The child tells after each outcome that it was kept, and is killed in the middle of the next ones.
TEST_F(RouteMemoryTest, a_killed_process_loses_at_most_the_last_outcome) {
  std::uint64_t kept_before = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      RouteMemory memory = open();
      for (int i = 0;; ++i) {
        if (!memory.add(record(i))) ::_exit(1);
        if (::write(pipe_ends[1], "k", 1) != 1) ::_exit(1);
      }
    }
    ::close(pipe_ends[1]);
    std::uint64_t told = 0;
    char byte = 0;
    const auto wanted = static_cast<std::uint64_t>(40 + 97 * round);  // over snapshots too
    while (told < wanted && ::read(pipe_ends[0], &byte, 1) == 1) ++told;
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &byte, 1) == 1) ++told;
    ::close(pipe_ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    const std::uint64_t kept = outcomes(open());
    EXPECT_GE(kept, kept_before + told) << "round " << round;
    EXPECT_LE(kept, kept_before + told + 1) << "round " << round;
    kept_before = kept;
  }
}

}  // namespace
}  // namespace hearth
