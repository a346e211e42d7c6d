// Which models are resident: loaded on demand, evicted by recency and bytes, and never swapped back and forth for
// single requests.
#pragma once

#include <boost/container/flat_set.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "schedule/reservation_book.h"
#include "schedule/schedule_types.h"

namespace hearth {

struct SwapLimits {
  // A model that was loaded stays for this many times its loading, while others wait: of the time in which models
  // alternate, at most 1 / (1 + this) goes into loading.
  double residency_per_load = 4;
  double residency_min_s = 2;
  // Idle models may leave earlier this often in a row; a person who tries two models need not wait for either.
  double early_swaps = 2;
  double early_swap_refill_s = 60;
  // After a load that failed; doubled each time it fails again.
  double retry_min_s = 5;
  double retry_max_s = 300;
};

struct ModelNeed {
  BytesByPool steady;
  BytesByPool transient;  // on top while it loads
  bool pinned = false;    // never evicted once loaded
  double ttl_s = 0;       // unloaded after this long without a request; 0 = stays
};

enum class SwapActionKind {
  kLoad,    // reserve, load, then loaded() or load_failed()
  kDrain,   // start none of its requests any more; the running ones end by themselves
  kResume,  // the model it was drained for is no longer wanted
  kUnload,  // nothing runs on it: free it, then unloaded()
  kRefuse,  // can't be made to fit: refuse what waits for it, with `error`
};
struct SwapAction {
  SwapActionKind kind = SwapActionKind::kLoad;
  std::string model;
  std::optional<Error> error;
};
struct SwapDecision {
  std::vector<SwapAction> actions;
  std::optional<Instant> wake_at;  // ask again then, if nothing happens before
};

// Requests for a model that is absent are collected until it is loaded and then served together. The model whose oldest
// request waits longest is next, and nothing passes it: none starves. Swaps are bounded by the residency above. One
// model loads at a time. Externally synchronised. Cost of decide(): O(models log models).
class ModelSwapPolicy {
 public:
  // Borrows the book, in which the caller reserves and releases what it loads and unloads.
  ModelSwapPolicy(const SwapLimits& limits, const ReservationBook& book) : limits_(limits), book_(book) {}

  // Known from now on; absent. Again: changes what it needs, pinning and TTL.
  void set_model(const std::string& name, const ModelNeed& need);

  // kNotFound for a model that is not known. A request that left before it started is told with its arrival.
  [[nodiscard]] Status request_arrived(const std::string& name, Instant arrived);
  void request_started(const std::string& name, Instant arrived, Instant now);
  void request_left(const std::string& name, Instant arrived);
  void request_ended(const std::string& name, Instant now);
  // One that had started waits again.
  void request_returned(const std::string& name, Instant arrived);
  // Whether its requests may start now.
  [[nodiscard]] bool may_start(const std::string& name) const;

  [[nodiscard]] SwapDecision decide(Instant now);
  // `held` is what it really takes; told again when its context grows.
  void loaded(const std::string& name, const BytesByPool& held, double took_s, Instant now);
  void resized(const std::string& name, const BytesByPool& held);
  void load_failed(const std::string& name, Instant now);
  void unloaded(const std::string& name);
  // It crashed: not loaded again before `until`.
  void hold(const std::string& name, Instant until);
  // Every model without work that is not pinned leaves with the next decide().
  void unload_idle() { unload_idle_ = true; }
  // It leaves as soon as it has no work, pinned or not, until told otherwise: another one answers for it.
  void set_leaving(const std::string& name, bool leaving);

  [[nodiscard]] std::uint64_t loads() const { return loads_; }
  [[nodiscard]] std::uint64_t evictions() const { return evictions_; }

 private:
  enum class State { kAbsent, kLoading, kResident, kDraining, kUnloading };
  struct Model {
    ModelNeed need;
    State state = State::kAbsent;
    BytesByPool held;
    boost::container::flat_multiset<Instant> waiting;  // keeps its memory
    std::size_t running = 0;
    double load_s = 0;
    Instant loaded_at;
    Instant last_used;
    std::optional<Instant> retry_at;
    double retry_s = 0;
    bool leaving = false;

    [[nodiscard]] bool resident() const { return state == State::kResident || state == State::kDraining; }
    [[nodiscard]] bool wanted() const { return running > 0 || !waiting.empty(); }
  };
  using Entry = std::map<std::string, Model>::value_type;

  void unload_expired(Instant now, SwapDecision& decision);
  [[nodiscard]] Entry* next_to_load(Instant now, SwapDecision& decision);
  [[nodiscard]] bool serve(Entry& target, Instant now, SwapDecision& decision);
  [[nodiscard]] std::vector<Entry*> victims_for(const BytesByPool& wanted, Instant now, SwapDecision& decision);
  void refuse(Entry& target, const BytesByPool& wanted, Instant now, SwapDecision& decision);
  void stop_draining(const std::vector<Entry*>& except, SwapDecision& decision);
  [[nodiscard]] Instant residency_end(const Model& model) const;
  void refill_early(Instant now);

  SwapLimits limits_;
  const ReservationBook& book_;
  std::map<std::string, Model> models_;
  bool unload_idle_ = false;
  double early_used_ = 0;
  std::optional<Instant> early_at_;
  std::uint64_t loads_ = 0;
  std::uint64_t evictions_ = 0;
};

}  // namespace hearth
