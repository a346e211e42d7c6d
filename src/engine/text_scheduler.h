// One loaded model at work: takes prepared requests, batches their steps, hands out what they say.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "base/call_bounds.h"
#include "base/clock.h"
#include "base/log.h"
#include "engine/adapter_table.h"
#include "engine/embedder.h"
#include "engine/kv_cache.h"
#include "engine/model_draft.h"
#include "engine/model_provider.h"
#include "engine/prepared_request.h"
#include "engine/scheduler_metrics.h"
#include "engine/scheduler_records.h"
#include "engine/text_kit.h"
#include "engine/text_limits.h"
#include "schedule/request_queue.h"
#include "schedule/step_planner.h"

namespace hearth {

// Whoever owns schedulers. Called on their threads; must not block for long.
class SchedulerHost {
 public:
  virtual ~SchedulerHost() = default;
  virtual void request_started(const std::string& model, Instant arrived) = 0;
  virtual void request_left(const std::string& model, Instant arrived) = 0;  // without having started
  virtual void request_ended(const std::string& model) = 0;                  // one that had started
  // One that had started is as if it had not: it waits for the model to come back.
  virtual void request_returned(const std::string& model, Instant arrived) = 0;
  // The context wants `cells` in all: reserves the memory. grown() tells whether it came about.
  [[nodiscard]] virtual Status reserve_growth(const std::string& model, std::uint64_t cells) = 0;
  virtual void grown(const std::string& model, bool done) = 0;
  // The model wants a second context beside its own: reserves the memory. made_context() tells whether it came about,
  // freed_context() that it is gone.
  [[nodiscard]] virtual Status reserve_context(const std::string& model, const TextOptions& options) = 0;
  virtual void made_context(const std::string& model, bool done) = 0;
  virtual void freed_context(const std::string& model) = 0;
  virtual void answered(const std::string& model) = 0;
  // The runtime is gone or broken: nothing can be computed any more. All requests have had their error.
  virtual void failed(const std::string& model, const Error& error) = 0;
};

struct SchedulerOptions {
  QueueLimits queue;
  std::uint32_t chunk_tokens = 64;
  std::uint32_t step_tokens = 512;
  std::uint64_t swap_bytes = 256ULL << 20U;  // of sequences put aside with their state
};

struct SchedulerPorts {
  SchedulerHost& host;
  const Clock& clock;
  MetricsRegistry& metrics;
  Logger& logger;
};

// Everything public may be called from any thread; the work is done by a thread of its own.
class TextScheduler final : public ResidentModel {
 public:
  // Makes the context. Errors as KvCache::create.
  static Result<std::unique_ptr<TextScheduler>> create(OpenedTextModel model, std::shared_ptr<const ModelKit> kit,
                                                       const SchedulerOptions& options, const SchedulerPorts& ports);
  // stop() was called and all is over, or what is left is cancelled.
  ~TextScheduler() override;

  // Queues it; errors go to its listener.
  void submit(PreparedRequest request);
  void cancel(std::uint64_t id);
  void embed(std::unique_ptr<EmbeddingJob> job);
  void set_admitting(bool admitting) override;
  // In force from the next step on; see TextLimits for what of it.
  void set_limits(const TextLimits& limits);
  // Between steps, until told false: answers stand still, deadlines do not.
  void set_paused(bool paused);
  // False: the prefixes kept in RAM are given up, and none is kept until it is told true. Likewise on SSD.
  void keep_prefixes(bool in_ram, bool on_disk);
  // Of the requests that wait, the newest beyond `most` end with kOverloaded.
  void shed_queue(std::size_t most);
  // Its worker is ended, or the call in hand is asked to stop where it runs in this process.
  void end_stalled(const std::string& why);
  [[nodiscard]] ModelPulse pulse() const;
  // Somebody else's call found the worker gone: the model is given up, unless that is known, and `then` is called on
  // the scheduler's thread or by stop().
  void worker_ended(const Error& error, std::function<void()> then);
  // Ends the thread after the step in hand and gives back the requests that never started; those that run are
  // cancelled.
  [[nodiscard]] std::vector<PreparedRequest> stop();

  [[nodiscard]] const std::shared_ptr<const ModelKit>& kit() const { return kit_; }
  [[nodiscard]] AdapterTable& adapters() { return *adapters_; }
  [[nodiscard]] const std::string& name() const { return model_.facts.name; }
  [[nodiscard]] std::uint32_t context_length() const { return model_.context_length; }
  void describe(ModelFacts& facts) const override;
  // As of the last step.
  [[nodiscard]] ModelLoad load() const override;

 private:
  TextScheduler(OpenedTextModel model, std::shared_ptr<const ModelKit> kit, const SchedulerOptions& options,
                const SchedulerPorts& ports, StepPlanner planner);

  [[nodiscard]] Status make_draft_model();

  // The loop (text_scheduler.cpp).
  void run();
  void post(std::function<void()> command);
  bool take_inbox(bool wait);
  [[nodiscard]] bool step();
  void step_embeddings();
  void apply(const TextLimits& limits);
  [[nodiscard]] bool wants_other_cache() const;
  void change_cache();
  [[nodiscard]] const std::string& wanted_kv_type() const;
  Status make_cache(const std::string& kv_type, std::uint32_t cells);
  void publish();
  void refresh_placement();

  // Requests coming and going (text_scheduler_requests.cpp).
  void accept(PreparedRequest prepared);
  [[nodiscard]] bool enqueue(RunningRequest& request, std::uint32_t choice);
  void queue_siblings(RunningRequest& request);
  void expire(Instant now);
  void admit(Instant now);
  [[nodiscard]] bool admit_front(const QueuedRequest& front, Instant now);
  void make_room_for(const RunningAnswer& answer);
  void restore(Instant now);
  void start(RunningAnswer& answer, std::uint32_t reused, Instant now);
  void resume();
  void end_answer(RunningAnswer& answer, FinishReason reason);
  void fail_request(RunningRequest& request, const Error& error);
  void fail_started(const Error& error);
  void return_unsaid();
  void forget(RunningAnswer& answer);
  void close_request(RunningRequest& request);
  [[nodiscard]] std::vector<RunningAnswer*> answers_of(const RunningRequest& request);

  // A step (text_scheduler_step.cpp).
  void propose_drafts();
  void draft_by_model(const std::vector<SequenceId>& wanted, const TargetStep& target);
  [[nodiscard]] StepPlan plan(Instant now);
  void put_aside(const StepPlan& plan);
  void grow(std::uint64_t cells);
  [[nodiscard]] Status use_adapters(AdapterSetId adapters);
  [[nodiscard]] std::vector<std::span<const StepItem>> calls_of(const StepPlan& plan) const;
  [[nodiscard]] Result<RowsView> compute(std::span<const StepItem> items);
  [[nodiscard]] unsigned threads_of(std::span<const StepItem> items) const;
  void fill_batch(std::span<const StepItem> items);
  void deliver(std::span<const StepItem> items, const RowsView& rows, std::vector<StepOutcome>& outcomes);
  void run_step(const StepPlan& plan, StepBegin begun);
  void complete(const StepPlan& plan, std::span<const StepOutcome> outcomes, double took_s);
  [[nodiscard]] StepOutcome deliver_item(const StepItem& item, const RowsView& rows, std::uint32_t first_row);
  void note_token(RunningAnswer& answer, std::size_t tokens, Instant now);
  void recover(const Error& error);
  void give_up(const Error& error);

  OpenedTextModel model_;
  const bool in_worker_;
  std::shared_ptr<const ModelKit> kit_;
  SchedulerOptions options_;
  SchedulerPorts ports_;
  SchedulerMetrics metrics_;
  std::unique_ptr<AdapterTable> adapters_;
  std::unique_ptr<KvCache> kv_;
  std::unique_ptr<ModelDraft> draft_model_;  // null: n-grams only
  std::unique_ptr<ContextLedger> embedder_ledger_;
  std::unique_ptr<Embedder> embedder_;
  CacheSalt base_salt_{};

  // The scheduler thread's own.
  StepPlanner planner_;
  RequestQueue queue_;
  std::unordered_map<std::uint64_t, std::unique_ptr<RunningRequest>> requests_;
  std::map<SequenceId, RunningAnswer> answers_;
  std::deque<std::unique_ptr<EmbeddingJob>> embeddings_;
  SequenceId restoring_ = 0;  // the answer whose prefix is being restored; 0: none
  SequenceId next_sequence_ = 1;
  AdapterSetId active_adapters_ = 0;
  std::vector<BatchEntry> batch_;
  std::vector<SequenceId> batched_;  // whose tokens are in it
  TextLimits limits_;
  std::string kv_type_;          // of the cache as it is
  std::string refused_kv_type_;  // the runtime makes no such cache
  bool admitting_ = true;
  bool paused_ = false;
  bool prefixes_in_ram_ = true, prefixes_on_disk_ = true;
  bool told_answered_ = false;
  bool given_up_ = false;            // the host knows that it can't go on
  std::optional<Error> found_dead_;  // its worker, while nothing was computed
  Instant published_;
  Instant placed_;
  Instant embedded_at_;

  const CancelToken stall_;  // of the call in hand, asked by whoever finds that it hangs
  std::atomic<std::uint64_t> rounds_{0}, busy_us_{0}, failed_allocations_{0};
  std::atomic<std::size_t> open_{0};  // requests it has

  mutable std::mutex gate_;  // of what follows
  std::condition_variable wake_;
  std::vector<std::function<void()>> inbox_;
  bool stopping_ = false;
  ModelLoad load_;
  MemoryBreakdown placement_;
  std::thread thread_;
};

}  // namespace hearth
