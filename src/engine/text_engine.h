// Text models at work: sends each request to its model, once that is loaded.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "engine/model_provider.h"
#include "engine/resident_models.h"
#include "engine/text_scheduler.h"
#include "engine/text_service.h"
#include "metrics/registry.h"

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
  [[nodiscard]] std::vector<ModelFacts> models() const override { return residents_.status().models; }
  [[nodiscard]] Result<ModelFacts> model(const std::string& name) const override { return residents_.facts(name); }
  [[nodiscard]] EngineStatus status() const override { return residents_.status(); }

  // Takes no more requests; waits until those it has are answered, at most `at_most_s`. False: some were left.
  bool drain(double at_most_s) { return residents_.drain(at_most_s); }

  // The keeper of all models that the provider has, for engines of other kinds beside this one. Those withdraw before
  // this engine ends.
  [[nodiscard]] ResidentModels& residents() { return residents_; }

 private:
  // SchedulerHost.
  void request_started(const std::string& model, Instant arrived) override;
  void request_left(const std::string& model, Instant arrived) override;
  void request_ended(const std::string& model) override;
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
  [[nodiscard]] ResidentModels::Waiting waiting(PreparedRequest prepared);

  TextEngineOptions options_;
  TextEnginePorts ports_;
  class Pool;
  std::unique_ptr<Pool> preparers_;

  std::mutex gate_;                          // of the two below; never held while residents_ is called
  std::map<std::uint64_t, bool> preparing_;  // request to whether it was cancelled meanwhile
  std::uint64_t next_id_ = 1;
  ResidentModels residents_;
};

}  // namespace hearth
