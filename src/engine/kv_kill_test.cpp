// A process is killed while it writes blocks; another then starts on what it left.
#include <sys/wait.h>

#include <csignal>
#include <random>
#include <thread>

#include "engine/kv_ssd_fixture.h"

#ifndef HEARTH_KILLS
#define HEARTH_KILLS 20  // tests/kv_cache compiles this once more, for longer
#endif

namespace hearth {
namespace {

// Writes blocks until it is killed.
[[noreturn]] void write_for_ever(const std::shared_ptr<TextModel>& model, const KvCacheOptions& options,
                                 unsigned seed) {
  KvDriver d(model, options);
  for (unsigned i = seed;; ++i) {
    d.run(some_tokens(100, i % 50 + 1), 2);
    d.run(some_tokens(300, 1), 2);
    if (i % 7 == 0) d.cache().flush(1);
  }
}

class KvKill : public KvSsdTest {
 protected:
  void kill_often(int times) {
    std::mt19937 random(3);
    std::uint32_t reused = 0;
    for (int i = 0; i < times; ++i) {
      const pid_t child = fork();
      ASSERT_GE(child, 0);
      if (child == 0) write_for_ever(model_, options_, static_cast<unsigned>(random()));
      std::this_thread::sleep_for(std::chrono::microseconds(500 + random() % 40000));
      ::kill(child, SIGKILL);
      ASSERT_EQ(::waitpid(child, nullptr, 0), child);
      auto d = driver();
      for (const unsigned seed : {1U, static_cast<unsigned>(random() % 50 + 1)}) {
        const auto prompt = some_tokens(seed == 1 ? 300 : 100, seed);
        const auto answer = d.run(prompt, 2);
        ASSERT_EQ(answer.logits, plain(prompt).logits) << "after kill " << i;
        reused += from_ssd(answer);
      }
      ASSERT_EQ(d.cache().facts().damaged_blocks, 0U) << "files appear whole or not at all";
      d.cache().flush(5);
      for (const auto& file : block_files(folder_)) ASSERT_EQ(file.extension(), ".kvblock") << file;
      if (i % 5 == 0) std::filesystem::remove_all(folder_ / block_files(folder_).front().parent_path().filename());
    }
    EXPECT_GT(reused, 0U);
  }
};

#if HEARTH_KILLS > 20
TEST_F(KvKill, two_hundred_times_the_next_start_works_and_answers_right) { kill_often(HEARTH_KILLS); }
#else
TEST_F(KvKill, the_next_start_works_and_answers_right) { kill_often(HEARTH_KILLS); }
#endif

}  // namespace
}  // namespace hearth
