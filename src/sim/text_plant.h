// A simulated engine and model around the scheduler: what one takes and the other computes, checked at every step.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "schedule/prefix_index.h"
#include "schedule/request_queue.h"
#include "schedule/step_planner.h"
#include "sim/arrivals.h"

namespace hearth {

// Counts by size with 2.5 % of resolution, in a fixed amount of memory.
class LogCounts {
 public:
  void add(double value);
  [[nodiscard]] double quantile(double q) const;  // 0 when nothing was counted
  [[nodiscard]] std::uint64_t count() const { return n_; }
  [[nodiscard]] double max() const { return max_; }

 private:
  static constexpr std::size_t kBins = 900;
  std::array<std::uint64_t, kBins> bins_{};
  std::uint64_t n_ = 0;
  double max_ = 0;
};

struct PlantOptions {
  QueueLimits queue;
  PlannerLimits planner;
  // The true law, which the planner has to learn. About 50 tok/s for one stream; see docs/performance.md for the shape.
  double step_s = 0.015;
  double token_s = 0.005;
  double cell_s = 2e-7;
  double noise = 0.1;       // a step takes up to this share longer or shorter
  double growth_fails = 0;  // share of the attempts to grow the context that fail
  std::uint32_t draft_tokens = 0;
  double draft_accepted = 0.6;    // chance of each guessed token, given those before it
  std::uint64_t cache_bytes = 0;  // 0: no prefix cache
  std::uint64_t seed = 1;
};

struct PlantCounts {
  std::uint64_t arrived = 0, refused = 0, too_long = 0, expired = 0, left = 0, finished = 0, cut = 0;
  std::uint64_t steps = 0, tokens_sent = 0, tokens_computed = 0, tokens_reused = 0;
  std::uint64_t preempted = 0, swapped = 0, grown = 0;
  std::uint64_t late_gaps = 0;  // above the larger of 0.5 s and 8 x the stream's median, in streams never put aside
  double worst_gap_s = 0;       // of those streams
  double worst_gap_share = 0;   // of what was allowed to it
  LogCounts ttft_s, gap_s;
};

// Advances its own clock. Violations of what must always hold are collected as text; none may ever appear. Externally
// synchronised.
class TextPlant {
 public:
  explicit TextPlant(const PlantOptions& options);

  // Takes requests from `arrivals` and steps until `seconds` have passed.
  void run(PoissonArrivals& arrivals, double seconds);
  // Steps until nothing is left to do; no new arrivals. Gives up, with a violation, after `at_most_s`.
  void drain(double at_most_s);
  // False: its queue was full.
  bool arrive(const SimRequest& request);
  void leave(RequestId id);
  // Steps take so many times as long from now on.
  void set_pace(double factor) { pace_ = factor; }
  // At once from now on; those that run go on.
  void set_sequences(std::uint32_t sequences) { planner_.set_sequences(sequences); }
  void set_admitting(bool admitting) { admitting_ = admitting; }
  // All that it has ends: its engine is gone. Returned, in the order of their ids: those that had been sent nothing.
  [[nodiscard]] std::vector<SimRequest> give_up();
  // One step of the engine. False when there was nothing to compute: the clock stands still.
  bool step();

  [[nodiscard]] Instant now() const { return clock_.now(); }
  void advance_to(Instant at);
  [[nodiscard]] const PlantCounts& counts() const { return counts_; }
  [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& sent_by_key() const { return sent_by_key_; }
  [[nodiscard]] const std::map<std::string, LogCounts>& ttft_by_key() const { return ttft_by_key_; }
  [[nodiscard]] const StepPlanner& planner() const { return planner_; }
  [[nodiscard]] const RequestQueue& queue() const { return queue_; }
  [[nodiscard]] const PrefixIndex& index() const { return index_; }
  // Requests the plant still knows of, waiting or running.
  [[nodiscard]] std::size_t open() const { return streams_.size(); }
  // Called after every step, with what was planned.
  std::function<void(const StepPlan&)> on_step;
  // Called when a request begins to be computed, and when it ends: with all its tokens, or otherwise.
  std::function<void(RequestId)> on_start;
  std::function<void(RequestId, bool completely)> on_end;

 private:
  struct Stream {
    SimRequest request;
    QueuedRequest queued;
    bool running = false;
    std::uint32_t cells = 0;  // what the simulated context holds of it
    std::uint32_t aside = 0;  // cells saved while put aside
    std::uint32_t sent = 0;
    bool was_aside = false;
    Instant last_sent;
    std::vector<float> gaps;
  };

  void admit();
  [[nodiscard]] bool admit_front(const QueuedRequest& front);
  void resume();
  [[nodiscard]] StepPlan plan();
  void grow(std::uint64_t to);
  void put_aside(const StepPlan& plan);
  [[nodiscard]] double compute(const StepPlan& plan);
  [[nodiscard]] std::vector<StepOutcome> deliver(const StepPlan& plan);
  void send(Stream& stream, std::uint32_t index);
  void close(RequestId id, bool completely);
  void judge_gaps(const Stream& stream);
  void check_cells();
  void leave_due();
  void take_expired();
  [[nodiscard]] std::vector<Token> prompt(const SimRequest& request) const;
  [[nodiscard]] std::uint32_t reusable(const SimRequest& request);
  void remember(const SimRequest& request);
  void violation(std::string text);
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

  PlantOptions options_;
  FakeClock clock_;
  RequestQueue queue_;
  StepPlanner planner_;
  PrefixIndex index_;
  std::mt19937_64 random_;
  std::uint64_t cells_ = 0;  // of the simulated context
  double pace_ = 1;
  bool admitting_ = true;
  std::unordered_map<RequestId, Stream> streams_;
  std::set<std::pair<Instant, RequestId>> leaving_;
  std::map<std::string, std::uint64_t> sent_by_key_;
  std::map<std::string, LogCounts> ttft_by_key_;
  PlantCounts counts_;
  std::vector<std::string> violations_;
};

}  // namespace hearth
