// Which models of all kinds are loaded, under one budget of memory: loads on demand, evicts, keeps the books. What is
// done with a loaded model is its engine's.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/call_bounds.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/text_service.h"
#include "schedule/model_swap_policy.h"
#include "schedule/reservation_book.h"

namespace hearth {

// A loaded model as the keeper of memory sees it. Thread-safe.
class ResidentModel {
 public:
  virtual ~ResidentModel() = default;
  // Requests that have not started stay where they are until told otherwise.
  virtual void set_admitting(bool admitting) = 0;
  // Fills in what is known of the model now that it is loaded.
  virtual void describe(ModelFacts& facts) const = 0;
  [[nodiscard]] virtual ModelLoad load() const = 0;
  // What it was measured to take once loaded; absent: the estimate stands.
  [[nodiscard]] virtual std::optional<BytesByPool> measured_bytes() const { return std::nullopt; }
};

// An engine for models of one kind. Called on the keeper's thread, without its lock.
class ModelLoader {
 public:
  virtual ~ModelLoader() = default;
  // Its memory is reserved. May take long.
  [[nodiscard]] virtual Result<std::shared_ptr<ResidentModel>> bring_up(const std::string& name) = 0;
  // Ends the model's work. What is returned is called, where not null, once the model counts as unloaded: it queues
  // again what never started.
  [[nodiscard]] virtual std::function<void()> retire(const std::shared_ptr<ResidentModel>& model) = 0;
};

// Where the facts and needs of models come from. Thread-safe.
class ModelDirectory {
 public:
  virtual ~ModelDirectory() = default;
  [[nodiscard]] virtual std::vector<ModelFacts> models() const = 0;
  // Bytes it will take, before it is loaded.
  [[nodiscard]] virtual Result<ModelNeed> need(const std::string& name) = 0;
};

// What becomes of a model that crashed.
struct FailureVerdict {
  double wait_s = 0;                // before it may be loaded again
  std::optional<Error> quarantine;  // it is not loaded again until release(); its requests get this
};
// Asked on the thread that met the failure, without a lock; must not call the keeper.
using FailureJudge = std::function<FailureVerdict(const std::string& model, const Error& error)>;

struct ResidentModelsOptions {
  BytesByPool capacities;  // what all models together may take
  SwapLimits swaps;
};

// Thread-safe; a request is told to it as it arrives, starts, leaves and ends, so that a model with work is never
// evicted. The ports outlive it.
class ResidentModels {
 public:
  // What to do once a model is there; or with the error why it is not. Called on any thread, without a lock.
  using Go = std::function<void(Result<std::shared_ptr<ResidentModel>>)>;
  struct Waiting {
    std::uint64_t id = 0;  // 0: can't be cancelled
    Instant arrived;
    Go go;
  };

  ResidentModels(const ResidentModelsOptions& options, ModelDirectory& directory, const Clock& clock, Logger& logger);
  // Loaders withdrew before.
  ~ResidentModels();
  ResidentModels(const ResidentModels&) = delete;
  ResidentModels& operator=(const ResidentModels&) = delete;

  // From now on models of the kind can be loaded. One loader a kind, borrowed until withdraw().
  void employ(ModelKind kind, ModelLoader& loader);
  // Refuses what waits for models of the kind and gives up those that are loaded, which are handed back: their work is
  // the loader's to end. Waits for a load or unload in hand.
  [[nodiscard]] std::vector<std::shared_ptr<ResidentModel>> withdraw(ModelKind kind);

  // The name behind a name, an alias, or "" where there is one model of the kind. kNotFound names the nearest.
  // kInvalidArgument: a model of another kind.
  [[nodiscard]] Result<std::string> resolve(const std::string& name, ModelKind kind) const;

  // Counts the request as arrived; go is called now where the model may start requests, or once it may.
  // kOverloaded: more than `waiting_max` wait already.
  [[nodiscard]] Status when_loaded(const std::string& name, Waiting request, std::size_t waiting_max);
  // when_loaded() for a thread that waits: the model, with the request counted as started, so that request_ended() ends
  // it. kDeadlineExceeded, kCancelled; errors of when_loaded and of loading.
  [[nodiscard]] Result<std::shared_ptr<ResidentModel>> wait_loaded(const std::string& name, std::size_t waiting_max,
                                                                   const CallBounds& bounds);
  // The model of that name or alias where it may start requests now: one for it counts as arrived. Null: when_loaded()
  // waits for it or tells why there is none. Takes no memory.
  [[nodiscard]] std::shared_ptr<ResidentModel> take_loaded(const std::string& name, ModelKind kind, Instant arrived);
  // For a request that was handed a model which left before it started: it waits again.
  void wait_again(const std::string& name, Waiting request);
  // What waits under this id, which is now nobody's.
  [[nodiscard]] Go take_waiting(std::uint64_t id);
  // Calls `use` while the model can't be unloaded, if it is still the loaded one; `use` must be quick.
  [[nodiscard]] bool while_resident(const std::string& name, const std::shared_ptr<ResidentModel>& model,
                                    const std::function<void()>& use);
  [[nodiscard]] std::vector<std::shared_ptr<ResidentModel>> resident(ModelKind kind) const;

  void request_started(const std::string& name, Instant arrived);
  void request_left(const std::string& name, Instant arrived);      // without having started
  void request_ended(const std::string& name);                      // one that had started
  void request_returned(const std::string& name, Instant arrived);  // had started and waits again
  // `wanted` in all, more than it holds: while the old part moves to the new, both are there.
  [[nodiscard]] Status reserve_growth(const std::string& name, const BytesByPool& wanted);
  void grown(const std::string& name, bool done);
  // For a second context of a loaded model, one at a time; kInvalidArgument: it has one, or isn't loaded.
  [[nodiscard]] Status reserve_beside(const std::string& name, const BytesByPool& wanted);
  // Whether it was made; also to tell that it is gone (not done).
  void made_beside(const std::string& name, bool done);
  // Whoever decides when a crashed model may come back; before requests come. Null: at once.
  void set_judge(FailureJudge judge) { judge_ = std::move(judge); }
  // Out of quarantine. False: it was in none.
  bool release(const std::string& name);
  // Models without work that are not pinned are unloaded.
  void unload_idle();
  // Unloaded as soon as it has no work, until told otherwise.
  void set_leaving(const std::string& name, bool leaving);
  // The model is broken and is unloaded, whatever runs on it.
  void failed(const std::string& name, const Error& error);

  // Without what a loaded model tells of itself while it is being unloaded.
  [[nodiscard]] EngineStatus status() const;
  [[nodiscard]] Result<ModelFacts> facts(const std::string& name) const;

  // Takes no more requests; waits until those it has are over, at most `at_most_s`. False: some were left.
  bool drain(double at_most_s);
  void close();  // takes no more requests
  [[nodiscard]] bool closed() const;

 private:
  struct Entry {
    ModelFacts facts;
    ModelState state = ModelState::kAbsent;
    std::shared_ptr<ResidentModel> model;  // shared: callers use it while it is being unloaded
    std::vector<Reservation> reservations;
    Reservation beside;  // of a second context
    BytesByPool held;
    std::deque<Waiting> waiting;
    std::optional<Error> quarantine;
  };

  // The keeper's thread (resident_models_keeper.cpp).
  void keep();
  void act(const SwapAction& action);
  void load(const std::string& name);
  void load_failed(const std::string& name, const Error& error);
  [[nodiscard]] Status book_measured(const std::string& name, const ResidentModel& model);
  void unload(const std::string& name);
  void refuse(const std::string& name, const Error& error);
  void serve_waiting(const std::string& name);
  [[nodiscard]] Result<std::shared_ptr<ResidentModel>> bring_up(const std::string& name);
  [[nodiscard]] ModelLoader* loader_of(const std::string& name) const;
  [[nodiscard]] Unexpected unknown(const std::string& name) const;
  void poke();
  // Under the lock.
  static void release_all(Entry& entry);
  void book_again(const std::string& name, Entry& entry);

  [[nodiscard]] FailureVerdict verdict_on(const std::string& name, const Error& error) const;

  ModelDirectory& directory_;
  const Clock& clock_;
  Logger& logger_;
  FailureJudge judge_;
  mutable std::mutex gate_;  // of all below
  std::condition_variable wake_;
  std::condition_variable quiet_;
  ReservationBook book_;
  ModelSwapPolicy policy_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> names_;  // aliases and names to names
  std::map<ModelKind, ModelLoader*> loaders_;
  std::vector<std::string> broken_;  // to be unloaded
  std::size_t open_ = 0;             // requests that are not over
  bool acting_ = false;              // the keeper is loading or unloading
  bool poked_ = false;
  bool closed_ = false;
  bool stopping_ = false;
  std::thread keeper_;
};

}  // namespace hearth
