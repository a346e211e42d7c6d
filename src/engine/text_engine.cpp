#include "engine/text_engine.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

namespace hearth {
namespace {

Error shutting_down() { return {ErrorCode::kUnavailable, "the server is shutting down", "try again later"}; }

Result<std::vector<Token>> tokens_of(std::variant<std::string, std::vector<Token>> input, const ModelKit& kit) {
  if (auto* tokens = std::get_if<std::vector<Token>>(&input)) return kit.prompt_tokens(Prompt(std::move(*tokens)));
  return kit.tokenize(std::get<std::string>(input), true, false);
}

}  // namespace

// Threads for what takes long: rendering, tokenising, compiling constraints,
// reading adapters.
class TextEngine::Pool {
 public:
  explicit Pool(unsigned threads) : threads_(threads) {}
  ~Pool() { threads_.join(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  template <class Work>
  void post(Work work) {
    boost::asio::post(threads_, std::move(work));
  }

 private:
  boost::asio::thread_pool threads_;
};

TextEngine::TextEngine(const TextEngineOptions& options, const TextEnginePorts& ports)
    : options_(options),
      ports_(ports),
      preparers_(std::make_unique<Pool>(std::max(1U, options.preparers))),
      residents_({options.capacities, options.swaps}, ports.provider, ports.clock, ports.logger) {
  residents_.employ(ModelKind::kText, *this);
}

TextEngine::~TextEngine() {
  residents_.close();
  const auto left = residents_.withdraw(ModelKind::kText);
  preparers_.reset();
  (void)residents_.withdraw(ModelKind::kText);  // refuses what was prepared meanwhile and waits again
  for (const auto& model : left) {
    for (auto& prepared : std::static_pointer_cast<TextScheduler>(model)->stop())
      prepared.listener->on_error(shutting_down());
  }
  (void)residents_.withdraw(ModelKind::kText);  // and what found its worker gone while it stopped
}

std::uint64_t TextEngine::submit(TextRequest request, std::shared_ptr<TextListener> listener) {
  const Instant now = ports_.clock.now();
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(gate_);
    id = next_id_++;
  }
  const TextGovernance governance = this->governance();
  auto name = residents_.resolve(request.model, ModelKind::kText);
  if (name && governance.refusal && may_be_canned(request, governance)) {
    answer_canned(id, *name, request.choices, governance, *listener);
    return id;
  }
  if (!name || governance.refusal) {
    listener->on_error(name ? *governance.refusal : name.error());
    return id;
  }
  listener = guarded(std::move(listener), request, id);
  PreparedRequest base;
  base.id = id;
  base.request = std::move(request);
  base.request.model = *name = instead_of(*name, governance, base.foregone);
  base.listener = listener;
  base.submitted = now;
  auto status = residents_.when_loaded(*name, waiting(std::move(base)), options_.scheduler.queue.requests);
  if (status) return id;
  {
    const std::lock_guard lock(gate_);
    preparing_.erase(id);
  }
  listener->on_error(status.error());
  return id;
}

// The request as it waits for its model.
ResidentModels::Waiting TextEngine::waiting(PreparedRequest prepared) {
  const std::uint64_t id = prepared.id;
  const Instant arrived = prepared.submitted;
  {
    const std::lock_guard lock(gate_);
    preparing_.try_emplace(id, false);
  }
  // Shared: std::function is copied.
  auto held = std::make_shared<PreparedRequest>(std::move(prepared));
  return {id, arrived,
          [this, held](Result<std::shared_ptr<ResidentModel>> model) { prepare(std::move(*held), std::move(model)); }};
}

void TextEngine::prepare(PreparedRequest request, Result<std::shared_ptr<ResidentModel>> model) {
  const auto give_up = [this](const PreparedRequest& given_up, const Error& error) {
    {
      const std::lock_guard lock(gate_);
      preparing_.erase(given_up.id);
    }
    residents_.request_left(given_up.request.model, given_up.submitted);
    given_up.listener->on_error(error);
  };
  if (!model) return give_up(request, model.error());
  auto held = std::make_shared<PreparedRequest>(std::move(request));
  preparers_->post([this, held, give_up, scheduler = std::static_pointer_cast<TextScheduler>(*model)] {
    const PromptLimits limits{held->request.model, context_for(scheduler->context_length())};
    Status done = prepare_request(*held, *scheduler->kit(), limits);
    if (done) done = scheduler->adapters().prepare(held->request.adapters);
    if (!done && done.error().code == ErrorCode::kWorkerCrashed && !held->returned)
      return wait_for_next_worker(std::move(*held), scheduler, done.error());
    if (!done) return give_up(*held, done.error());
    shorten(*held);
    hand_over(std::move(*held), scheduler);
  });
}

void TextEngine::hand_over(PreparedRequest prepared, const std::shared_ptr<TextScheduler>& scheduler) {
  bool cancelled = false;
  const bool handed = residents_.while_resident(prepared.request.model, scheduler, [&] {
    const std::lock_guard lock(gate_);
    const auto found = preparing_.find(prepared.id);
    cancelled = found != preparing_.end() && found->second;
    if (found != preparing_.end()) preparing_.erase(found);
    if (!cancelled) scheduler->submit(std::move(prepared));
  });
  if (!handed) return requeue(std::move(prepared));
  if (!cancelled) return;
  residents_.request_left(prepared.request.model, prepared.submitted);
  prepared.listener->on_error({ErrorCode::kCancelled, "the request was cancelled before it began"});
}

// The worker ended while nothing was computed, so that no step noticed. As after a crash in a step, a request of which
// nobody has seen anything waits for the next worker, once.
void TextEngine::wait_for_next_worker(PreparedRequest prepared, const std::shared_ptr<TextScheduler>& scheduler,
                                      const Error& error) {
  prepared.returned = true;
  const auto held = std::make_shared<PreparedRequest>(std::move(prepared));
  const auto again = [this, held] { requeue(std::move(*held)); };
  const std::string model = held->request.model;
  if (!residents_.while_resident(model, scheduler, [&] { scheduler->worker_ended(error, again); })) again();
}

// The model left before the request started: it waits for the model to come back.
void TextEngine::requeue(PreparedRequest prepared) {
  const std::string model = prepared.request.model;
  residents_.wait_again(model, waiting(std::move(prepared)));
}

void TextEngine::cancel(std::uint64_t id) {
  {
    const std::lock_guard lock(gate_);
    if (const auto found = preparing_.find(id); found != preparing_.end()) found->second = true;
  }
  if (const auto waiting = residents_.take_waiting(id))
    return waiting(fail(ErrorCode::kCancelled, "the request was cancelled before it began"));
  for (const auto& model : residents_.resident(ModelKind::kText))
    std::static_pointer_cast<TextScheduler>(model)->cancel(id);
}

void TextEngine::visit(const std::string& name, Visit work) {
  auto resolved = residents_.resolve(name, ModelKind::kText);
  if (!resolved) return work(fail(std::move(resolved).error()), {});
  const Instant arrived = ports_.clock.now();
  auto go = [this, model = *resolved, arrived, work](Result<std::shared_ptr<ResidentModel>> got) {
    if (!got) {
      residents_.request_left(model, arrived);
      return work(fail(std::move(got).error()), {});
    }
    preparers_->post([this, model, arrived, work, scheduler = std::static_pointer_cast<TextScheduler>(*got)] {
      residents_.request_started(model, arrived);
      // Whoever holds this keeps the model from being evicted.
      const std::shared_ptr<void> stay(nullptr, [this, model](void*) { residents_.request_ended(model); });
      work(scheduler, stay);
    });
  };
  auto status = residents_.when_loaded(*resolved, {0, arrived, std::move(go)}, options_.scheduler.queue.requests);
  if (!status) work(fail(std::move(status).error()), {});
}

void TextEngine::with_kit(const std::string& model, std::function<void(Result<std::shared_ptr<const TextKit>>)> done) {
  visit(model,
        [done = std::move(done)](Result<std::shared_ptr<TextScheduler>> scheduler, const std::shared_ptr<void>&) {
          if (!scheduler) return done(fail(std::move(scheduler).error()));
          done(std::shared_ptr<const TextKit>((*scheduler)->kit()));
        });
}

void TextEngine::embed(EmbeddingRequest request, std::function<void(Result<EmbeddingResult>)> done) {
  auto asked = std::make_shared<EmbeddingRequest>(std::move(request));
  visit(asked->model, [asked, done = std::move(done)](Result<std::shared_ptr<TextScheduler>> scheduler,
                                                      const std::shared_ptr<void>& stay) {
    if (!scheduler) return done(fail(std::move(scheduler).error()));
    if (!asked->prompt.empty())
      return done(fail(Error(ErrorCode::kUnsupported, "a model of this format carries no prompts by name",
                             "write the prompt into the text")
                           .with("param", "prompt_name")));
    auto job = std::make_unique<EmbeddingJob>();
    job->model = (*scheduler)->name();
    job->pooling = asked->pooling;
    job->normalize = asked->normalize;
    job->size = asked->size;
    for (auto& input : asked->inputs) {
      auto tokens = tokens_of(std::move(input), *(*scheduler)->kit());
      if (!tokens) return done(fail(std::move(tokens).error()));
      job->texts.push_back(std::move(*tokens));
    }
    job->done = [done, stay](Result<EmbeddingResult> result) { done(std::move(result)); };
    (*scheduler)->embed(std::move(job));
  });
}

void TextEngine::load_adapter(const std::string& model, const std::string& name, const std::string& path,
                              std::function<void(Status)> done) {
  visit(model, [name, path, done = std::move(done)](Result<std::shared_ptr<TextScheduler>> scheduler,
                                                    const std::shared_ptr<void>&) {
    if (!scheduler) return done(fail(std::move(scheduler).error()));
    done((*scheduler)->adapters().load(name, path));
  });
}

void TextEngine::unload_adapter(const std::string& model, const std::string& name, std::function<void(Status)> done) {
  visit(model,
        [name, done = std::move(done)](Result<std::shared_ptr<TextScheduler>> scheduler, const std::shared_ptr<void>&) {
          if (!scheduler) return done(fail(std::move(scheduler).error()));
          done((*scheduler)->adapters().unload(name));
        });
}

void TextEngine::request_started(const std::string& model, Instant arrived) {
  residents_.request_started(model, arrived);
}

void TextEngine::request_left(const std::string& model, Instant arrived) { residents_.request_left(model, arrived); }

void TextEngine::request_ended(const std::string& model) { residents_.request_ended(model); }

void TextEngine::request_returned(const std::string& model, Instant arrived) {
  residents_.request_returned(model, arrived);
}

Status TextEngine::reserve_growth(const std::string& model, std::uint64_t cells) {
  HEARTH_ASSIGN(wanted, ports_.provider.need_with_cells(model, cells));
  return residents_.reserve_growth(model, wanted);
}

void TextEngine::grown(const std::string& model, bool done) { residents_.grown(model, done); }

Status TextEngine::reserve_context(const std::string& model, const TextOptions& options) {
  HEARTH_ASSIGN(wanted, ports_.provider.need_of_context(model, options));
  return residents_.reserve_beside(model, wanted);
}

void TextEngine::made_context(const std::string& model, bool done) { residents_.made_beside(model, done); }

void TextEngine::freed_context(const std::string& model) { residents_.made_beside(model, false); }

void TextEngine::answered(const std::string& model) { ports_.provider.answered(model); }

void TextEngine::failed(const std::string& model, const Error& error) { residents_.failed(model, error); }

Result<std::shared_ptr<ResidentModel>> TextEngine::bring_up(const std::string& name) {
  CallBounds bounds;
  bounds.deadline = after(ports_.clock.now(), options_.load_patience_s);
  HEARTH_ASSIGN(opened, ports_.provider.open(name, bounds));
  HEARTH_ASSIGN(kit, ModelKit::create(opened.model, opened.template_source));
  HEARTH_ASSIGN(scheduler, TextScheduler::create(std::move(opened), std::move(kit), options_.scheduler,
                                                 {*this, ports_.clock, ports_.metrics, ports_.logger}));
  hold(*scheduler, governance());
  return std::shared_ptr<ResidentModel>(std::move(scheduler));
}

std::function<void()> TextEngine::retire(const std::shared_ptr<ResidentModel>& model) {
  auto left = std::make_shared<std::vector<PreparedRequest>>(std::static_pointer_cast<TextScheduler>(model)->stop());
  return [this, left] {
    for (auto& prepared : *left) requeue(std::move(prepared));
  };
}

}  // namespace hearth
