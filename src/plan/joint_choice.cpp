#include "plan/joint_choice.h"

#include <algorithm>
#include <limits>

namespace hearth {
namespace {

constexpr double kUnserved = -10000.0;
// Far beyond what the catalogue needs (some hundreds); a bound on time if a catalogue of another kind comes.
constexpr std::size_t kNodesMax = 2'000'000;

using Picks = std::vector<std::optional<std::size_t>>;

// Depth first, best scores first, cut where even the best options that still fit one by one can't reach the best found.
class JointSearch {
 public:
  JointSearch(const std::vector<TaskOptions>& tasks, const PoolLedger& ledger) : tasks_(tasks), ledger_(ledger) {
    best_picks_.resize(tasks.size());
    picks_.resize(tasks.size());
  }

  Picks run() {
    descend(0, 0.0, PoolBytes{});
    return best_picks_;
  }

 private:
  // The most that tasks from `first` on can add with what is left of the pools.
  double bound(std::size_t first, const PoolBytes& taken) const {
    double sum = 0;
    for (std::size_t i = first; i < tasks_.size(); ++i) {
      double best = kUnserved;
      for (const auto& option : tasks_[i].fitting) {
        if (!ledger_.fits(PoolLedger::sum(taken, option.bytes))) continue;
        best = option.score;  // sorted: the first that fits is the best
        break;
      }
      sum += best;
    }
    return sum;
  }

  void descend(std::size_t task, double score, const PoolBytes& taken) {
    if (task == tasks_.size()) {
      if (score > best_score_) {
        best_score_ = score;
        best_picks_ = picks_;
      }
      return;
    }
    if (++nodes_ > kNodesMax || score + bound(task, taken) <= best_score_) return;
    const auto& options = tasks_[task].fitting;
    for (std::size_t i = 0; i < options.size(); ++i) {
      const PoolBytes bytes = PoolLedger::sum(taken, options[i].bytes);
      if (!ledger_.fits(bytes)) continue;
      picks_[task] = i;
      descend(task + 1, score + options[i].score, bytes);
    }
    picks_[task] = std::nullopt;
    descend(task + 1, score + kUnserved, taken);
  }

  const std::vector<TaskOptions>& tasks_;
  const PoolLedger& ledger_;
  Picks picks_, best_picks_;
  double best_score_ = -std::numeric_limits<double>::infinity();
  std::size_t nodes_ = 0;
};

}  // namespace

std::vector<std::optional<std::size_t>> choose_jointly(const std::vector<TaskOptions>& tasks,
                                                       const PoolLedger& ledger) {
  return JointSearch(tasks, ledger).run();
}

}  // namespace hearth
