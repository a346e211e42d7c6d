// Text models at work: sends each request to its model, once that is loaded.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "engine/deadline_guard.h"
#include "engine/model_provider.h"
#include "engine/resident_models.h"
#include "engine/text_limits.h"
#include "engine/text_scheduler.h"
#include "engine/text_service.h"
#include "metrics/registry.h"

namespace hearth {

struct TextEngineOptions {
  BytesByPool capacities;  // what all models together may take
  SwapLimits swaps;
  SchedulerOptions scheduler;
  unsigned preparers = 1;        // threads that render, tokenise and compile constraints
  double load_patience_s = 900;  // a load that takes longer is given up, where the runtime can be stopped
};

struct TextEnginePorts {
  ModelProvider& provider;
  const Clock& clock;
  MetricsRegistry& metrics;
  Logger& logger;
};

// Thread-safe. The ports outlive it.
class TextEngine final : public TextService, private SchedulerHost, private ModelLoader {
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
  bool drain(double at_most_s) { return residents_.drain(at_most_s); }

  // The keeper of all models that the provider has, for engines of other kinds beside this one. Those withdraw before
  // this engine ends.
  [[nodiscard]] ResidentModels& residents() { return residents_; }

  // What the governor and the watchdog ask (text_engine_governing.cpp). In force for all models, and for those that are
  // loaded later once govern() is called again.
  void govern(TextGovernance governance);
  [[nodiscard]] TextGovernance governance() const;
  void shed_queues(std::size_t most);  // a model
  // False: no such model is loaded.
  bool end_stalled(const std::string& model, const std::string& why);
  [[nodiscard]] std::vector<ModelPulse> pulses() const;  // of resident models
  // Requests whose deadline passed a while ago although their model should have ended them: it hangs. Call it often.
  void expire_late(Instant now);

 private:
  // SchedulerHost.
  void request_started(const std::string& model, Instant arrived) override;
  void request_left(const std::string& model, Instant arrived) override;
  void request_ended(const std::string& model) override;
  void request_returned(const std::string& model, Instant arrived) override;
  Status reserve_growth(const std::string& model, std::uint64_t cells) override;
  void grown(const std::string& model, bool done) override;
  Status reserve_context(const std::string& model, const TextOptions& options) override;
  void made_context(const std::string& model, bool done) override;
  void freed_context(const std::string& model) override;
  void answered(const std::string& model) override;
  void failed(const std::string& model, const Error& error) override;

  // ModelLoader.
  Result<std::shared_ptr<ResidentModel>> bring_up(const std::string& name) override;
  std::function<void()> retire(const std::shared_ptr<ResidentModel>& model) override;

  // Work on a loaded model that holds no slot, on a preparer's thread. The model stays while the second argument is
  // held.
  using Visit = std::function<void(Result<std::shared_ptr<TextScheduler>>, const std::shared_ptr<void>& stay)>;
  void visit(const std::string& name, Visit work);
  void prepare(PreparedRequest request, Result<std::shared_ptr<ResidentModel>> model);
  void hand_over(PreparedRequest prepared, const std::shared_ptr<TextScheduler>& scheduler);
  void requeue(PreparedRequest prepared);
  void wait_for_next_worker(PreparedRequest prepared, const std::shared_ptr<TextScheduler>& scheduler,
                            const Error& error);
  [[nodiscard]] ResidentModels::Waiting waiting(PreparedRequest prepared);

  static void hold(TextScheduler& scheduler, const TextGovernance& governance);
  [[nodiscard]] std::shared_ptr<TextListener> guarded(std::shared_ptr<TextListener> listener,
                                                      const TextRequest& request, std::uint64_t id);
  [[nodiscard]] static std::string instead_of(const std::string& name, const TextGovernance& governance,
                                              std::vector<std::string>& notices);
  [[nodiscard]] static bool may_be_canned(const TextRequest& request, const TextGovernance& governance);
  static void answer_canned(std::uint64_t id, const std::string& model, std::uint32_t choices,
                            const TextGovernance& governance, TextListener& listener);
  [[nodiscard]] std::uint32_t context_for(std::uint32_t planned) const;
  void shorten(PreparedRequest& request) const;
  [[nodiscard]] std::vector<ModelFacts> with_rung(std::vector<ModelFacts> models) const;

  struct Guarded {
    std::uint64_t id = 0;
    std::weak_ptr<DeadlineGuard> guard;  // weak: gone with its request
  };
  TextEngineOptions options_;
  TextEnginePorts ports_;
  class Pool;
  std::unique_ptr<Pool> preparers_;

  mutable std::mutex gate_;                  // of those below; never held while residents_ is called
  std::map<std::uint64_t, bool> preparing_;  // request to whether it was cancelled meanwhile
  std::uint64_t next_id_ = 1;
  TextGovernance governance_;
  std::multimap<Instant, Guarded> guarded_;  // by deadline
  std::size_t sweep_at_ = 1024;              // guards: those of requests that are over are let go
  ResidentModels residents_;
};

}  // namespace hearth
