#include "engine/text_scheduler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/cache_salt.h"
#include "platform/this_thread.h"

namespace hearth {
namespace {

constexpr double kPublishEvery_s = 0.05;
constexpr double kPlacementEvery_s = 0.5;
constexpr double kIdleWait_s = 0.25;
constexpr double kEmbedderIdle_s = 60;      // its context is freed after that
constexpr double kBusyBlockWork_s = 0.002;  // of a step with running streams, for saving blocks
constexpr double kIdleBlockWork_s = 0.02;

CacheSalt model_salt(const OpenedTextModel& model, const TextOptions& granted) {
  return salt_of(fmt::format("{}\nkv {} {}\nflash {}", model.identity, granted.kv_type_k, granted.kv_type_v,
                             static_cast<int>(granted.flash_attention)));
}

PlannerLimits planner_limits(const OpenedTextModel& model, const TextOptions& granted,
                             const SchedulerOptions& options) {
  PlannerLimits limits;
  limits.sequences = model.slots;
  limits.step_tokens = std::max(model.slots, std::min(options.step_tokens, granted.n_batch));
  limits.chunk_tokens = options.chunk_tokens;
  limits.context_length = model.context_length;
  limits.cells = granted.n_ctx;
  limits.cells_max = model.cells_max;
  limits.swap_budget_bytes = options.swap_bytes;
  limits.swap_byte_s = 1e-9;
  limits.one_prompt_beside_answers = !model.mixes_prompts;
  return limits;
}

// The embedder's context in the books of whoever owns the scheduler.
class HostLedger final : public ContextLedger {
 public:
  HostLedger(SchedulerHost& host, std::string model) : host_(host), model_(std::move(model)) {}
  Status reserve(const TextOptions& options) override { return host_.reserve_context(model_, options); }
  void made(bool done) override { host_.made_context(model_, done); }
  void gone() override { host_.freed_context(model_); }

 private:
  SchedulerHost& host_;
  const std::string model_;
};

KvCacheOptions cache_options(const OpenedTextModel& model, const SchedulerPorts& ports) {
  KvCacheOptions kv;
  kv.slots = model.slots;
  kv.idle_slots = model.idle_slots;
  kv.ram_bytes = model.kv_ram_bytes;
  kv.ssd_bytes = model.kv_ssd_bytes;
  kv.ssd_folder = model.kv_folder;
  kv.clock = &ports.clock;
  kv.logger = &ports.logger;
  return kv;
}

}  // namespace

Result<std::unique_ptr<TextScheduler>> TextScheduler::create(OpenedTextModel model, std::shared_ptr<const ModelKit> kit,
                                                             const SchedulerOptions& options,
                                                             const SchedulerPorts& ports) {
  HEARTH_ASSIGN(kv, KvCache::create(model.model, model.options, cache_options(model, ports)));
  const TextOptions& granted = kv->granted();
  if (model.context_length == 0 || model.context_length > std::max<std::uint64_t>(granted.n_ctx, model.cells_max))
    model.context_length = static_cast<std::uint32_t>(std::max<std::uint64_t>(granted.n_ctx, model.cells_max));
  PlannerLimits limits = planner_limits(model, granted, options);
  limits.last_token_apart = kv->keeps_snapshots();
  if (const auto memory = model.model->model()->memory_now(); memory && granted.n_ctx > 0)
    limits.cell_bytes = memory->component_bytes(memory_component::kKvCache) / granted.n_ctx;
  HEARTH_ASSIGN(planner, StepPlanner::create(limits, StepCost{}));
  std::unique_ptr<TextScheduler> made(
      new TextScheduler(std::move(model), std::move(kit), options, ports, std::move(planner)));
  made->kv_ = std::move(kv);
  HEARTH_TRY(made->make_draft_model());
  made->base_salt_ = model_salt(made->model_, made->kv_->granted());
  made->kv_type_ = made->model_.options.kv_type_k;
  made->publish();
  made->thread_ = std::thread([self = made.get()] { self->run(); });
  return made;
}

Status TextScheduler::make_draft_model() {
  if (model_.draft == nullptr) return {};
  ModelDraftOptions options;
  options.sequences = model_.slots;
  HEARTH_ASSIGN(made,
                ModelDraft::create(model_.draft, kit_->vocabulary(), model_.draft_options, options, ports_.clock));
  draft_model_ = std::move(made);
  return {};
}

// Another cache of so many cells takes the place of kv_, which is gone. What waits finds its prefixes under new names.
Status TextScheduler::make_cache(const std::string& kv_type, std::uint32_t cells) {
  TextOptions options = model_.options;
  options.n_ctx = cells;
  options.kv_type_k = options.kv_type_v = kv_type;
  HEARTH_ASSIGN(kv, KvCache::create(model_.model, options, cache_options(model_, ports_)));
  kv_ = std::move(kv);
  kv_type_ = kv_type;
  kv_->keep_in_ram(prefixes_in_ram_);
  kv_->keep_on_disk(prefixes_on_disk_);
  active_adapters_ = 0;  // a new context has none
  placed_ = {};          // and another size: told with the next publish()
  planner_.set_cells(kv_->granted().n_ctx);
  planner_.set_cached_cells(0);
  base_salt_ = model_salt(model_, kv_->granted());
  for (auto& [id, request] : requests_) request->salt = salted(base_salt_, request->adapter_digest);
  return {};
}

TextScheduler::TextScheduler(OpenedTextModel model, std::shared_ptr<const ModelKit> kit,
                             const SchedulerOptions& options, const SchedulerPorts& ports, StepPlanner planner)
    : model_(std::move(model)),
      in_worker_(model_.model->model()->source()->worker_pid() != 0),
      kit_(std::move(kit)),
      options_(options),
      ports_(ports),
      metrics_(ports.metrics, model_.facts.name),
      adapters_(std::make_unique<AdapterTable>(model_.model)),
      embedder_ledger_(std::make_unique<HostLedger>(ports.host, model_.facts.name)),
      planner_(std::move(planner)),
      queue_(options.queue) {
  for (const auto& [name, path] : model_.adapters) adapters_->declare(name, path);
}

TextScheduler::~TextScheduler() { (void)stop(); }

void TextScheduler::post(std::function<void()> command) {
  {
    const std::lock_guard lock(gate_);
    inbox_.push_back(std::move(command));
  }
  wake_.notify_one();
}

void TextScheduler::submit(PreparedRequest request) {
  // std::function wants a copyable command; the request is moved in and out of
  // shared ownership.
  auto held = std::make_shared<PreparedRequest>(std::move(request));
  post([this, held] { accept(std::move(*held)); });
}

void TextScheduler::cancel(std::uint64_t id) {
  post([this, id] {
    const auto found = requests_.find(id);
    if (found == requests_.end()) return;
    RunningRequest& request = *found->second;
    for (RunningAnswer* answer : answers_of(request)) end_answer(*answer, FinishReason::kCancelled);
  });
}

void TextScheduler::embed(std::unique_ptr<EmbeddingJob> job) {
  auto held = std::make_shared<std::unique_ptr<EmbeddingJob>>(std::move(job));
  post([this, held] { embeddings_.push_back(std::move(*held)); });
}

void TextScheduler::set_admitting(bool admitting) {
  post([this, admitting] { admitting_ = admitting; });
}

std::vector<PreparedRequest> TextScheduler::stop() {
  {
    const std::lock_guard lock(gate_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  (void)take_inbox(false);  // what came in while the thread ended
  std::vector<PreparedRequest> left;
  std::vector<RunningRequest*> running;
  for (auto& [id, request] : requests_) {
    if (request->started)
      running.push_back(request.get());
    else
      left.push_back(std::move(request->prepared));
  }
  for (RunningRequest* request : running) {
    for (RunningAnswer* answer : answers_of(*request)) end_answer(*answer, FinishReason::kCancelled);
  }
  for (auto& job : embeddings_) job->fail(Error(ErrorCode::kUnavailable, "the model was unloaded", "try again"));
  embeddings_.clear();
  embedder_.reset();  // while the books know the model as loaded
  answers_.clear();
  requests_.clear();
  if (kv_) kv_->flush(2.0);
  return left;
}

// Runs what was posted; waits for something to come, for a while, when `wait`.
// False when the thread is to end.
bool TextScheduler::take_inbox(bool wait) {
  std::vector<std::function<void()>> commands;
  {
    std::unique_lock lock(gate_);
    if (wait && inbox_.empty() && !stopping_)
      wake_.wait_for(lock, std::chrono::duration<double>(kIdleWait_s), [&] { return stopping_ || !inbox_.empty(); });
    commands.swap(inbox_);
    if (stopping_ && wait) {
      inbox_ = std::move(commands);
      return false;
    }
  }
  for (const auto& command : commands) command();
  return true;
}

void TextScheduler::run() {
  name_this_thread("hearth-model");  // and the threads that the runtime starts for it
  bool worked = true;
  while (true) {
    {
      const std::lock_guard lock(gate_);
      if (stopping_) return;
    }
    if (!take_inbox(!worked)) return;
    rounds_.fetch_add(1, std::memory_order_relaxed);
    open_.store(requests_.size(), std::memory_order_relaxed);
    if (kv_ == nullptr) {  // it could not be made anew; the model is given up
      worked = false;
      continue;
    }
    worked = step();
    if (kv_ == nullptr) continue;
    if (!embeddings_.empty()) {
      step_embeddings();
      worked = true;
    } else if (embedder_ != nullptr && seconds_between(embedded_at_, ports_.clock.now()) > kEmbedderIdle_s) {
      embedder_.reset();
    }
    const double cpu_s = this_thread_cpu_s();
    kv_->work(worked ? kBusyBlockWork_s : kIdleBlockWork_s);
    if (worked) metrics_.cache_cpu_ms.observe((this_thread_cpu_s() - cpu_s) * 1e3);
    if (!worked || seconds_between(published_, ports_.clock.now()) > kPublishEvery_s) publish();
    if (found_dead_) give_up(*std::exchange(found_dead_, std::nullopt));
  }
}

// One round of the loop; false when there was nothing to compute.
bool TextScheduler::step() {
  const StepBegin begun{ports_.clock.now(), this_thread_cpu_s()};
  const Instant now = begun.at;
  expire(now);
  planner_.set_cached_cells(kv_->cached_cells());
  if (paused_) return false;
  resume();
  restore(now);
  const bool other_cache = wants_other_cache();
  if (other_cache && planner_.idle() && restoring_ == 0) {
    change_cache();
    return true;
  }
  if (admitting_ && restoring_ == 0 && !other_cache) admit(now);
  propose_drafts();
  const StepPlan planned = plan(now);
  if (planned.items.empty()) return restoring_ != 0;
  run_step(planned, begun);
  return true;
}

void TextScheduler::step_embeddings() {
  EmbeddingJob& job = *embeddings_.front();
  if (embedder_ == nullptr)
    embedder_ = std::make_unique<Embedder>(model_.model, model_.options, embedder_ledger_.get());
  embedded_at_ = ports_.clock.now();
  const auto more = embedder_->step(job);
  if (more && *more) return;
  if (!more) job.fail(more.error());  // else step() has answered
  embeddings_.pop_front();
}

void TextScheduler::publish() {
  ModelLoad load;
  load.model = model_.facts.name;
  load.waiting = queue_.size();
  load.running = answers_.size() - queue_.size();
  load.context_cells = kv_->granted().n_ctx;
  load.used_cells = planner_.cells_used() + kv_->cached_cells();
  for (const auto& [id, answer] : answers_) {
    if (answer.slot < 0) continue;
    SlotFacts slot;
    slot.index = static_cast<std::uint32_t>(answer.slot);
    slot.request = answer.request->prepared.id;
    slot.prompt_tokens = static_cast<std::uint32_t>(answer.request->prepared.prompt.size());
    if (const auto progress = planner_.progress(id)) {
      slot.computed_tokens = progress->computed;
      slot.sent_tokens = progress->sent;
      slot.decoding = progress->sent > 0;
    }
    load.slots.push_back(slot);
  }
  published_ = ports_.clock.now();
  refresh_placement();
  load.cache = kv_->facts();
  const std::lock_guard lock(gate_);
  load_ = std::move(load);
}

// Asked of the runtime here and not where somebody wants to know: in a worker the question waits for the step in hand.
void TextScheduler::refresh_placement() {
  if (placed_ != Instant{} && seconds_between(placed_, published_) < kPlacementEvery_s) return;
  placed_ = published_;
  auto placement = model_.model->model()->placement();
  if (!placement) {  // the only call of a model that has no work: who ends its worker then is noticed here
    if (placement.error().code == ErrorCode::kWorkerCrashed) found_dead_ = placement.error();
    return;
  }
  const std::lock_guard lock(gate_);
  placement_ = std::move(*placement);
}

void TextScheduler::describe(ModelFacts& facts) const {
  facts.info = kit_->info();
  facts.chat_template = model_.template_source;
  facts.context_length = model_.context_length;
  facts.slots = model_.slots;
  facts.runtime = model_.facts.runtime;
  facts.runtime_version = model_.facts.runtime_version;
  facts.adapters = adapters_->facts();
  const std::lock_guard lock(gate_);
  facts.held_bytes = placement_.total_bytes();
  facts.placement = placement_.items;
}

ModelLoad TextScheduler::load() const {
  const std::lock_guard lock(gate_);
  return load_;
}

}  // namespace hearth
