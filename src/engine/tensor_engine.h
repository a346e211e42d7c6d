// Tensor models at work beside the text models, under the same budget: each job goes to its model once that is loaded,
// jobs of a kind are computed together where the graph allows it, several runs are in flight on one budget of threads.
// A job for a loaded model takes no memory on its way from submit() to finish() once the first ones are through.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "engine/resident_models.h"
#include "engine/tensor_copies.h"
#include "engine/tensor_provider.h"
#include "engine/tensor_resident.h"
#include "engine/tensor_service.h"
#include "metrics/registry.h"

namespace hearth {

struct TensorEngineOptions {
  std::size_t queue = 1024;  // jobs that may wait for a model
  unsigned n_threads = 2;    // that fill, compute and read jobs; the runtimes' own threads come on top
};

struct TensorEnginePorts {
  TensorModelProvider& provider;
  ResidentModels& residents;
  const Clock& clock;
  MetricsRegistry& metrics;
};

// Thread-safe. The ports outlive it; lanes are given back before it ends.
class TensorEngine final : public TensorService, private ModelLoader {
 public:
  TensorEngine(const TensorEngineOptions& options, const TensorEnginePorts& ports);
  // Finishes what is being computed, refuses the rest.
  ~TensorEngine() override;

  void submit(const std::string& model, std::shared_ptr<TensorJob> job) override;
  void with_facts(const std::string& model,
                  std::function<void(Result<std::shared_ptr<const TensorModelFacts>>)> done) override;
  [[nodiscard]] Result<std::unique_ptr<TensorLane>> borrow(const std::string& model, const CallBounds& bounds) override;

  [[nodiscard]] CopyCounter& copies() { return copies_; }
  // Brings the copy counters up to what the loaded models' runtimes count.
  void collect_copies();

 private:
  class Lane;
  Result<std::shared_ptr<ResidentModel>> bring_up(const std::string& name) override;
  std::function<void()> retire(const std::shared_ptr<ResidentModel>& model) override;

  void wait_for(const std::string& name, const PendingJob& job, bool again);
  void hand_over(const PendingJob& job, const std::shared_ptr<TensorResident>& model);
  void start_groups(const std::shared_ptr<TensorResident>& model);
  void leave(const std::string& name, const PendingJob& job, const Error& error);

  TensorEngineOptions options_;
  TensorEnginePorts ports_;
  TensorCopyMetrics copies_;
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace hearth
