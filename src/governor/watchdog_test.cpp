#include "governor/watchdog.h"

#include <gtest/gtest.h>

#include <random>

namespace hearth {
namespace {

using std::chrono::milliseconds;

// Time in seconds, and the remedies an event brings about.
class WatchdogTest : public ::testing::Test {
 protected:
  std::vector<Remedy> tell(double at_s, const WatchdogEvent& event) {
    std::vector<Remedy> remedies;
    for (const auto& action : watchdog_.observe(event, time(at_s))) {
      EXPECT_FALSE(action.why.empty());
      remedies.push_back(action.remedy);
    }
    return remedies;
  }
  std::vector<Remedy> pass(double at_s) { return tell(at_s, MachineFelt{}); }
  static Watchdog::Time time(double at_s) {
    return Watchdog::Time(milliseconds(static_cast<std::int64_t>(at_s * 1000)));
  }
  using Remedies = std::vector<Remedy>;
  WatchdogLimits limits_;
  Watchdog watchdog_{limits_};
};

TEST_F(WatchdogTest, a_model_with_work_that_makes_no_step_is_ended_once) {
  (void)tell(0, ModelBegan{"m", 5});
  EXPECT_EQ(pass(100), Remedies{}) << "idle is no stall";
  (void)tell(100, ModelGotWork{"m"});
  EXPECT_EQ(pass(104.9), Remedies{});
  (void)tell(105, ModelStepped{"m", true});
  EXPECT_EQ(pass(110), Remedies{});
  EXPECT_EQ(pass(110.1), Remedies{Remedy::kKill});
  EXPECT_EQ(pass(111), Remedies{}) << "it is told once";
}

TEST_F(WatchdogTest, more_work_for_a_busy_model_does_not_hide_its_stall) {
  (void)tell(0, ModelBegan{"m", 5});
  for (int s = 0; s < 5; ++s) (void)tell(s, ModelGotWork{"m"});
  EXPECT_EQ(pass(5.1), Remedies{Remedy::kKill});
}

TEST_F(WatchdogTest, a_crash_is_restarted_after_a_wait_that_doubles) {
  (void)tell(0, ModelBegan{"m"});
  EXPECT_EQ(tell(1, ModelCrashed{"m", "SIGSEGV"}), Remedies{});
  EXPECT_EQ(watchdog_.next_restart(), time(1.25));
  EXPECT_EQ(pass(1.2), Remedies{});
  EXPECT_EQ(pass(1.25), Remedies{Remedy::kRestart});
  EXPECT_EQ(pass(1.3), Remedies{});
  (void)tell(1.3, ModelBegan{"m"});
  (void)tell(2, ModelCrashed{"m", "SIGSEGV"});
  EXPECT_EQ(watchdog_.next_restart(), time(2.5));
}

TEST_F(WatchdogTest, three_crashes_by_its_own_fault_put_a_model_in_quarantine_until_it_is_released) {
  (void)tell(1, ModelCrashed{"m", "SIGSEGV"});
  (void)tell(2, ModelCrashed{"m", "SIGABRT"});
  EXPECT_EQ(tell(3, ModelCrashed{"m", "SIGSEGV"}), Remedies{Remedy::kQuarantine});
  EXPECT_TRUE(watchdog_.quarantined("m"));
  EXPECT_FALSE(watchdog_.quarantined("other"));
  EXPECT_EQ(pass(1000), Remedies{}) << "no restart";
  EXPECT_EQ(tell(1001, ModelCrashed{"m", "SIGSEGV"}), Remedies{});
  EXPECT_TRUE(watchdog_.release("m"));
  EXPECT_FALSE(watchdog_.release("m"));
  (void)tell(1002, ModelBegan{"m"});
  EXPECT_EQ(tell(1003, ModelCrashed{"m", "SIGSEGV"}), Remedies{}) << "counted anew";
}

TEST_F(WatchdogTest, crashes_that_lie_far_apart_are_no_pattern) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(tell(i * 400, ModelCrashed{"m", "SIGSEGV"}), Remedies{}) << i;
}

TEST_F(WatchdogTest, a_worker_that_somebody_keeps_killing_keeps_coming_back_at_once) {
  for (int i = 0; i < 24; ++i) {
    EXPECT_EQ(tell(i * 5, ModelCrashed{"m", "SIGKILL", CrashCause::kKilled}), Remedies{});
    EXPECT_EQ(pass(i * 5 + 0.25), Remedies{Remedy::kRestart}) << i;
    (void)tell(i * 5 + 1, ModelBegan{"m"});
  }
  EXPECT_FALSE(watchdog_.quarantined("m"));
}

TEST_F(WatchdogTest, three_stalls_are_the_models_own_fault_though_we_ended_it) {
  for (int i = 0; i < 3; ++i) {
    (void)tell(i * 20, ModelBegan{"m", 5});
    (void)tell(i * 20, ModelGotWork{"m"});
    EXPECT_EQ(pass(i * 20 + 6), Remedies{Remedy::kKill});
    (void)tell(i * 20 + 6, ModelCrashed{"m", "SIGKILL", CrashCause::kKilled});
    (void)pass(i * 20 + 19);
  }
  EXPECT_TRUE(watchdog_.quarantined("m"));
}

TEST_F(WatchdogTest, failed_allocations_cost_caches_then_quality_then_service) {
  EXPECT_EQ(tell(0, AllocationFailed{true}), Remedies{Remedy::kGiveCachesBack});
  EXPECT_EQ(tell(0.5, AllocationFailed{true}), Remedies{}) << "the effect is waited for";
  EXPECT_EQ(tell(2, AllocationFailed{true}), Remedies{Remedy::kStepDown});
  EXPECT_EQ(tell(4, AllocationFailed{true}), Remedies{Remedy::kStepDown});
  EXPECT_EQ(tell(6, AllocationFailed{false}), Remedies{Remedy::kRefuse});
  EXPECT_TRUE(watchdog_.refusing());
  EXPECT_EQ(tell(8, AllocationFailed{false}), Remedies{});
  EXPECT_EQ(pass(37), Remedies{});
  EXPECT_EQ(pass(38), (Remedies{Remedy::kAccept, Remedy::kKeepCaches}));
  EXPECT_FALSE(watchdog_.refusing());
  EXPECT_EQ(tell(39, AllocationFailed{true}), Remedies{Remedy::kGiveCachesBack}) << "from the beginning";
}

TEST_F(WatchdogTest, memory_that_runs_short_costs_caches_before_anything_fails_and_they_may_fill_again) {
  limits_.memory_low = 0.06;
  limits_.stall_high_percent = 10;
  Watchdog watchdog(limits_);
  const auto feel = [&](double at_s, std::uint64_t available, double stalled) {
    MachineFelt felt;
    felt.sample.memory_total_bytes = 1000;
    felt.sample.memory_available_bytes = available;
    felt.sample.memory_stall_percent = stalled;
    Remedies remedies;
    for (const auto& action : watchdog.observe(felt, time(at_s))) remedies.push_back(action.remedy);
    return remedies;
  };
  EXPECT_EQ(feel(0, 500, 0), Remedies{});
  EXPECT_EQ(feel(1, 50, 0), Remedies{Remedy::kGiveCachesBack});
  EXPECT_EQ(feel(5, 50, 0), Remedies{}) << "the rest is the governor's";
  EXPECT_EQ(feel(6, 500, 20), Remedies{}) << "stalls count as well";
  EXPECT_EQ(feel(35, 500, 0), Remedies{});
  EXPECT_EQ(feel(36, 500, 0), Remedies{Remedy::kKeepCaches});
}

TEST_F(WatchdogTest, requests_may_be_taken_again_before_memory_counts_as_calm) {
  limits_.accept_s = 2;
  Watchdog watchdog(limits_);
  for (const double at_s : {0.0, 2.0}) (void)watchdog.observe(AllocationFailed{false}, time(at_s));
  EXPECT_TRUE(watchdog.refusing());
  EXPECT_TRUE(watchdog.observe(MachineFelt{}, time(3)).empty());
  ASSERT_EQ(watchdog.observe(MachineFelt{}, time(4)).size(), 1U);
  EXPECT_FALSE(watchdog.refusing());
  ASSERT_EQ(watchdog.observe(AllocationFailed{false}, time(5)).size(), 1U) << "a failure refuses at once again";
  EXPECT_TRUE(watchdog.refusing());
}

TEST_F(WatchdogTest, the_kernels_counter_of_failures_is_a_failed_allocation) {
  MachineFelt felt;
  felt.sample.out_of_memory_events = 7;
  EXPECT_EQ(tell(0, felt), Remedies{}) << "before our time";
  felt.sample.out_of_memory_events = 8;
  EXPECT_EQ(tell(1, felt), Remedies{Remedy::kGiveCachesBack});
}

TEST_F(WatchdogTest, a_worker_ended_for_want_of_memory_gives_memory_back_and_is_no_fault_of_the_model) {
  for (int i = 0; i < 5; ++i) (void)tell(i * 100, ModelCrashed{"m", "SIGKILL", CrashCause::kOutOfMemory});
  EXPECT_FALSE(watchdog_.quarantined("m"));
  Watchdog fresh(limits_);
  const auto actions = fresh.observe(ModelCrashed{"m", "SIGKILL", CrashCause::kOutOfMemory}, time(0));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].remedy, Remedy::kGiveCachesBack);
}

TEST_F(WatchdogTest, a_model_that_always_lacks_memory_comes_back_often_enough_for_the_relief_to_reach_its_end) {
  double at_s = 0;
  for (int i = 0; i < 40 && !watchdog_.refusing(); ++i) {
    (void)tell(at_s, AllocationFailed{i < 20});
    (void)tell(at_s, ModelCrashed{"m", "no memory", CrashCause::kOutOfMemory});
    const auto at = watchdog_.next_restart();
    ASSERT_TRUE(at);
    const double wait_s = std::chrono::duration<double>(*at - time(at_s)).count();
    EXPECT_LE(wait_s, limits_.memory_settle_s + 1e-6);
    (void)pass(at_s += wait_s + 0.05);
    (void)tell(at_s, ModelBegan{"m"});
  }
  EXPECT_TRUE(watchdog_.refusing());
}

TEST_F(WatchdogTest, writing_stops_on_a_full_disk_and_goes_on_with_room_to_spare) {
  MachineFelt felt;
  const auto with = [&](std::uint64_t mib) {
    felt.sample.disk_free_bytes = mib << 20U;
    return felt;
  };
  EXPECT_EQ(tell(0, with(300)), Remedies{});
  EXPECT_EQ(tell(1, with(200)), Remedies{Remedy::kStopWriting});
  EXPECT_EQ(tell(2, with(100)), Remedies{});
  EXPECT_EQ(tell(3, with(300)), Remedies{}) << "a little more is not enough";
  EXPECT_EQ(tell(4, with(600)), Remedies{Remedy::kResumeWriting});
}

TEST_F(WatchdogTest, a_queue_that_only_grows_is_cut_and_one_that_is_worked_off_is_not) {
  MachineFelt felt;
  for (int s = 0; s < 10; ++s) {
    felt.sample.waiting_requests = 100 + static_cast<std::uint32_t>(s);
    EXPECT_EQ(tell(s, felt), Remedies{}) << s;
  }
  EXPECT_EQ(tell(10, felt), Remedies{Remedy::kShedQueue});
  for (int s = 11; s < 60; ++s) {
    felt.sample.waiting_requests = 200 - static_cast<std::uint32_t>(s);
    EXPECT_EQ(tell(s, felt), Remedies{}) << s;
  }
}

TEST_F(WatchdogTest, work_pauses_when_the_firmware_does_not_hold_the_temperature) {
  MachineFelt felt;
  felt.sample.throttle_c = 85;
  felt.sample.temperature_c = 92;
  EXPECT_EQ(tell(0, felt), Remedies{});
  felt.sample.temperature_c = 93;
  EXPECT_EQ(tell(1, felt), Remedies{Remedy::kPause});
  felt.sample.temperature_c = 85;
  EXPECT_EQ(tell(2, felt), Remedies{});
  felt.sample.temperature_c = 80;
  EXPECT_EQ(tell(3, felt), Remedies{Remedy::kResume});
}

TEST_F(WatchdogTest, whatever_happens_restarts_are_bounded_and_answers_are_the_same_again) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto run = [&] {
      std::mt19937_64 random(seed);
      Watchdog watchdog(limits_);
      std::map<std::string, int> restarts;
      std::string all;
      double at_s = 0;
      for (int i = 0; i < 500; ++i) {
        at_s += static_cast<double>(random() % 2000) / 1000;
        const std::string model(1, static_cast<char>('a' + random() % 3));
        WatchdogEvent event = MachineFelt{};
        switch (random() % 6) {
          case 0: event = ModelBegan{model, 2}; break;
          case 1: event = ModelGotWork{model}; break;
          case 2: event = ModelStepped{model, random() % 2 == 0}; break;
          case 3: event = ModelCrashed{model, "SIGSEGV", CrashCause::kOwnFault}; break;
          case 4: event = AllocationFailed{random() % 2 == 0}; break;
          default: break;
        }
        for (const auto& action : watchdog.observe(event, time(at_s))) {
          all += std::string(remedy_name(action.remedy)) + action.model + ";";
          if (action.remedy == Remedy::kRestart) ++restarts[action.model];
          EXPECT_FALSE(action.remedy != Remedy::kQuarantine && watchdog.quarantined(action.model)) << seed;
        }
      }
      for (const auto& [name, n] : restarts) EXPECT_LE(n, 2 + static_cast<int>(at_s / limits_.crash_window_s) * 2);
      return all;
    };
    EXPECT_EQ(run(), run()) << seed;
  }
}

}  // namespace
}  // namespace hearth
