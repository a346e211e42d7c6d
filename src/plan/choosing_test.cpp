// The two rules of choosing: when a runtime is changed, and which options are taken together.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "plan/joint_choice.h"
#include "plan/runtime_rule.h"

namespace hearth {
namespace {

constexpr std::uint64_t kGiB = 1ULL << 30U;

HardwareProfile machine_with(std::uint64_t ram_gib) {
  HardwareProfile machine;
  machine.memory.total_bytes = Fact<std::uint64_t>{ram_gib * kGiB};
  return machine;
}

class RuntimeRule : public testing::Test {
 protected:
  RuntimeRule() {
    usual_.id = "llama";
    other_.id = "mlx";
    usual_target_.runtime = &usual_;
    other_target_.runtime = &other_;
    model_.id = "m";
  }
  [[nodiscard]] Candidate option(const ExecutionTarget& target, double tok_s) const {
    Candidate out;
    out.model = &model_;
    out.precision = &precision_;
    out.target = &target;
    out.speed.decode = Interval{tok_s, tok_s, tok_s};
    return out;
  }
  // How many options stay when the other runtime is `gain` times as fast, and what is shown of it.
  [[nodiscard]] TaskOptions judged(double gain) const {
    TaskOptions options;
    options.fitting = {option(usual_target_, 20), option(usual_target_, 10), option(other_target_, 20 * gain)};
    apply_runtime_rule(options);
    return options;
  }
  CatalogRuntime usual_, other_;
  ExecutionTarget usual_target_, other_target_;
  CatalogModel model_;
  CatalogPrecision precision_;
};

TEST_F(RuntimeRule, keeps_the_usual_one_below_thirty_per_cent) {
  const auto options = judged(1.29);
  EXPECT_EQ(options.fitting.size(), 2U);
  EXPECT_TRUE(options.gains.empty());
}

TEST_F(RuntimeRule, shows_both_in_between) {
  const auto options = judged(1.4);
  EXPECT_EQ(options.fitting.size(), 2U);
  ASSERT_EQ(options.gains.size(), 1U);
  EXPECT_NEAR(options.gains[0].gain, 1.4, 1e-9);
}

TEST_F(RuntimeRule, changes_above_fifty_per_cent) { EXPECT_EQ(judged(1.51).fitting.size(), 3U); }

TEST(JointChoice, finds_what_trying_everything_finds) {
  std::mt19937 random(7);
  const HardwareProfile machine = machine_with(16);
  const PoolLedger ledger(machine, {});
  for (int round = 0; round < 200; ++round) {
    std::vector<TaskOptions> tasks(1 + random() % 4);
    for (auto& task : tasks) {
      for (unsigned i = 0; i < 1 + random() % 7; ++i) {
        Candidate option;
        option.score = static_cast<double>(random() % 1000) / 10.0;
        option.bytes[0] = (1 + random() % 12) * kGiB;
        task.fitting.push_back(option);
      }
      std::sort(task.fitting.begin(), task.fitting.end(),
                [](const auto& a, const auto& b) { return a.score > b.score; });
    }
    const auto worth = [&](const std::vector<std::optional<std::size_t>>& picks) {
      PoolBytes bytes{};
      double score = 0;
      for (std::size_t i = 0; i < tasks.size(); ++i) {
        if (!picks[i]) {
          score -= 10000;
          continue;
        }
        score += tasks[i].fitting[*picks[i]].score;
        bytes = PoolLedger::sum(bytes, tasks[i].fitting[*picks[i]].bytes);
      }
      return ledger.fits(bytes) ? score : -1e9;
    };
    double best = -1e18;
    std::vector<std::optional<std::size_t>> picks(tasks.size());
    const auto try_all = [&](const auto& self, std::size_t task) -> void {
      if (task == tasks.size()) {
        best = std::max(best, worth(picks));
        return;
      }
      picks[task] = std::nullopt;
      self(self, task + 1);
      for (std::size_t i = 0; i < tasks[task].fitting.size(); ++i) {
        picks[task] = i;
        self(self, task + 1);
      }
    };
    try_all(try_all, 0);
    EXPECT_DOUBLE_EQ(worth(choose_jointly(tasks, ledger)), best) << "round " << round;
  }
}

}  // namespace
}  // namespace hearth
