// All models of a server under one budget of memory: loads on demand, evicts, and sends each request to its model.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "engine/model_provider.h"
#include "engine/text_scheduler.h"
#include "engine/text_service.h"
#include "metrics/registry.h"
#include "schedule/model_swap_policy.h"
#include "schedule/reservation_book.h"

namespace hearth {

struct TextEngineOptions {
  BytesByPool capacities;  // what all models together may take
  SwapLimits swaps;
  SchedulerOptions scheduler;
  unsigned preparers = 1;  // threads that render, tokenise and compile constraints
};

struct TextEnginePorts {
  ModelProvider& provider;
  const Clock& clock;
  MetricsRegistry& metrics;
  Logger& logger;
};

// Thread-safe. The ports outlive it.
class TextEngine final : public TextService, private SchedulerHost {
 public:
  TextEngine(const TextEngineOptions& options, const TextEnginePorts& ports);
  // Cancels what is left.
  ~TextEngine() override;

  std::uint64_t submit(TextRequest request, std::shared_ptr<TextListener> listener) override;
  void cancel(std::uint64_t id) override;
  void embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) override;
  void with_kit(const std::string& model, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) override;
  void load_adapter(const std::string& model, const std::string& name, const std::string& path,
                    std::function<void(Status)> done) override;
  void unload_adapter(const std::string& model, const std::string& name, std::function<void(Status)> done) override;
  [[nodiscard]] std::vector<ModelFacts> models() const override;
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override;
  [[nodiscard]] EngineStatus status() const override;

  // Takes no more requests; waits until those it has are answered, at most `at_most_s`. False: some were left.
  bool drain(double at_most_s);

 private:
  // What to do once a model is there; or with the error why it is not.
  using Go = std::function<void(Result<std::shared_ptr<TextScheduler>>)>;
  struct Waiting {
    std::uint64_t id = 0;
    Instant arrived;
    Go go;
  };
  struct Entry {
    ModelFacts facts;
    ModelState state = ModelState::kAbsent;
    std::shared_ptr<TextScheduler> scheduler;  // shared: callers use it while it is being unloaded
    std::vector<Reservation> reservations;
    BytesByPool held;
    std::deque<Waiting> waiting;
    double load_s = 0;
  };

  // SchedulerHost.
  void request_started(const std::string& model, Instant arrived) override;
  void request_left(const std::string& model, Instant arrived) override;
  void request_ended(const std::string& model) override;
  Status reserve_growth(const std::string& model, std::uint64_t cells) override;
  void grown(const std::string& model, bool done) override;
  void answered(const std::string& model) override;
  void failed(const std::string& model, const Error& error) override;

  [[nodiscard]] Result<std::string> resolve(const std::string& name) const;
  void when_loaded(const std::string& name, Waiting request);
  // Work on a loaded model that holds no slot, on a preparer's thread. The model stays while the second argument is
  // held.
  using Visit = std::function<void(Result<std::shared_ptr<TextScheduler>>, const std::shared_ptr<void>& stay)>;
  void visit(const std::string& name, Visit work);
  void prepare(PreparedRequest request, Result<std::shared_ptr<TextScheduler>> scheduler);
  void hand_over(PreparedRequest prepared, const std::shared_ptr<TextScheduler>& scheduler);
  void requeue(PreparedRequest prepared);

  // The manager's thread (text_engine_manager.cpp).
  void manage();
  void act(const SwapAction& action);
  void load(const std::string& name);
  void unload(const std::string& name);
  void refuse(const std::string& name, const Error& error);
  void serve_waiting(const std::string& name);
  [[nodiscard]] Result<std::shared_ptr<TextScheduler>> bring_up(const std::string& name);
  void poke();

  TextEngineOptions options_;
  TextEnginePorts ports_;
  class Pool;
  std::unique_ptr<Pool> preparers_;

  mutable std::mutex gate_;  // of all below
  std::condition_variable wake_;
  std::condition_variable quiet_;
  ReservationBook book_;
  ModelSwapPolicy policy_;
  std::map<std::string, Entry> entries_;
  std::map<std::string, std::string> names_;  // aliases and names to names
  std::map<std::uint64_t, bool> preparing_;   // request to whether it was cancelled meanwhile
  std::vector<std::string> broken_;           // models whose runtime failed: to be unloaded
  std::uint64_t next_id_ = 1;
  std::size_t open_ = 0;  // requests that are not over
  bool poked_ = false;
  bool draining_ = false;
  bool stopping_ = false;
  std::thread manager_;
};

}  // namespace hearth
