#include "engine/text_engine.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <utility>

#include "base/nearest_name.h"

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
      book_(options.capacities),
      policy_(options.swaps, book_) {
  for (ModelFacts& facts : ports_.provider.models()) {
    const std::string name = facts.name;
    names_[name] = name;
    for (const auto& alias : facts.aliases) names_.try_emplace(alias, name);
    const auto need = ports_.provider.need(name);
    policy_.set_model(name, need ? *need : ModelNeed{});  // what is wrong with it comes out when it is loaded
    entries_[name].facts = std::move(facts);
  }
  manager_ = std::thread([this] { manage(); });
}

TextEngine::~TextEngine() {
  {
    const std::lock_guard lock(gate_);
    draining_ = stopping_ = true;
  }
  wake_.notify_all();
  manager_.join();
  preparers_.reset();
  for (auto& [name, entry] : entries_) {
    std::deque<Waiting> waiting;
    waiting.swap(entry.waiting);
    for (auto& each : waiting) each.go(fail(shutting_down()));
    if (entry.scheduler == nullptr) continue;
    for (auto& prepared : entry.scheduler->stop()) prepared.listener->on_error(shutting_down());
  }
}

Result<std::string> TextEngine::resolve(const std::string& name) const {
  if (name.empty() && entries_.size() == 1) return entries_.begin()->first;
  if (const auto found = names_.find(name); found != names_.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [each, to] : names_) known.push_back(each);
  const auto nearest = nearest_name(name, known);
  return fail(Error(ErrorCode::kNotFound, fmt::format("there is no model '{}' here", name),
                    nearest ? fmt::format("did you mean '{}'?", *nearest) : "see /v1/models for those that are")
                  .with("param", "model"));
}

void TextEngine::poke() {
  poked_ = true;
  wake_.notify_one();
}

void TextEngine::when_loaded(const std::string& name, Waiting request) {
  std::shared_ptr<TextScheduler> scheduler;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    (void)policy_.request_arrived(name, request.arrived);  // known: names are resolved before
    ++open_;
    if (policy_.may_start(name) && entry.scheduler != nullptr) {
      scheduler = entry.scheduler;
    } else {
      entry.waiting.push_back(std::move(request));
      poke();
      return;
    }
  }
  request.go(scheduler);
}

std::uint64_t TextEngine::submit(TextRequest request, std::shared_ptr<TextListener> listener) {
  const Instant now = ports_.clock.now();
  std::uint64_t id = 0;
  std::string name;
  std::optional<Error> refusal;
  {
    const std::lock_guard lock(gate_);
    id = next_id_++;
    auto resolved = resolve(request.model);
    if (!resolved)
      refusal = std::move(resolved).error();
    else if (draining_)
      refusal = shutting_down();
    else
      name = *resolved;
    if (!refusal && entries_.at(name).waiting.size() >= options_.scheduler.queue.requests) {
      refusal =
          Error(ErrorCode::kOverloaded,
                fmt::format("{} requests wait for '{}' to be loaded already", entries_.at(name).waiting.size(), name),
                "try again later")
              .with("retry_after_s", "5");
    }
    if (!refusal) preparing_[id] = false;
  }
  if (refusal) {
    listener->on_error(*refusal);
    return id;
  }
  auto base = std::make_shared<PreparedRequest>();
  base->id = id;
  base->request = std::move(request);
  base->request.model = name;
  base->listener = std::move(listener);
  base->submitted = now;
  when_loaded(name, {id, now, [this, base](Result<std::shared_ptr<TextScheduler>> scheduler) {
                       prepare(std::move(*base), std::move(scheduler));
                     }});
  return id;
}

void TextEngine::prepare(PreparedRequest request, Result<std::shared_ptr<TextScheduler>> scheduler) {
  const auto give_up = [this](const PreparedRequest& given_up, const Error& error) {
    {
      const std::lock_guard lock(gate_);
      preparing_.erase(given_up.id);
    }
    request_left(given_up.request.model, given_up.submitted);
    given_up.listener->on_error(error);
  };
  if (!scheduler) return give_up(request, scheduler.error());
  auto held = std::make_shared<PreparedRequest>(std::move(request));
  preparers_->post([this, held, give_up, scheduler = *scheduler] {
    const PromptLimits limits{held->request.model, scheduler->context_length()};
    if (auto done = prepare_request(*held, *scheduler->kit(), limits); !done) return give_up(*held, done.error());
    if (auto done = scheduler->adapters().prepare(held->request.adapters); !done) return give_up(*held, done.error());
    hand_over(std::move(*held), scheduler);
  });
}

void TextEngine::hand_over(PreparedRequest prepared, const std::shared_ptr<TextScheduler>& scheduler) {
  std::unique_lock lock(gate_);
  Entry& entry = entries_.at(prepared.request.model);
  const auto found = preparing_.find(prepared.id);
  const bool cancelled = found != preparing_.end() && found->second;
  if (cancelled) {
    preparing_.erase(found);
    lock.unlock();
    request_left(prepared.request.model, prepared.submitted);
    prepared.listener->on_error({ErrorCode::kCancelled, "the request was cancelled before it began"});
    return;
  }
  if (entry.scheduler != scheduler) return requeue(std::move(prepared));
  if (found != preparing_.end()) preparing_.erase(found);
  scheduler->submit(std::move(prepared));
}

// The model left before the request started: it waits for the model to come
// back. The gate is held.
void TextEngine::requeue(PreparedRequest prepared) {
  Entry& entry = entries_.at(prepared.request.model);
  const std::uint64_t id = prepared.id;
  const Instant arrived = prepared.submitted;
  preparing_.try_emplace(id, false);
  auto held = std::make_shared<PreparedRequest>(std::move(prepared));
  entry.waiting.push_back({id, arrived, [this, held](Result<std::shared_ptr<TextScheduler>> scheduler) {
                             prepare(std::move(*held), std::move(scheduler));
                           }});
  poke();
}

void TextEngine::cancel(std::uint64_t id) {
  std::vector<std::shared_ptr<TextScheduler>> schedulers;
  Go waiting;
  {
    const std::lock_guard lock(gate_);
    if (const auto found = preparing_.find(id); found != preparing_.end()) found->second = true;
    for (auto& [name, entry] : entries_) {
      const auto at = std::ranges::find(entry.waiting, id, &Waiting::id);
      if (at != entry.waiting.end()) {
        waiting = std::move(at->go);
        entry.waiting.erase(at);
        break;
      }
      if (entry.scheduler != nullptr) schedulers.push_back(entry.scheduler);
    }
  }
  if (waiting) return waiting(fail(ErrorCode::kCancelled, "the request was cancelled before it began"));
  for (const auto& scheduler : schedulers) scheduler->cancel(id);
}

void TextEngine::visit(const std::string& name, Visit work) {
  Result<std::string> resolved = [&] {
    const std::lock_guard lock(gate_);
    return resolve(name);
  }();
  if (!resolved) return work(fail(std::move(resolved).error()), {});
  const Instant arrived = ports_.clock.now();
  Go go = [this, model = *resolved, arrived, work = std::move(work)](Result<std::shared_ptr<TextScheduler>> got) {
    if (!got) {
      request_left(model, arrived);
      return work(std::move(got), {});
    }
    preparers_->post([this, model, arrived, work, got = std::move(got)]() mutable {
      request_started(model, arrived);
      // Whoever holds this keeps the model from being evicted.
      const std::shared_ptr<void> stay(nullptr, [this, model](void*) { request_ended(model); });
      work(std::move(got), stay);
    });
  };
  when_loaded(*resolved, {0, arrived, std::move(go)});
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

std::vector<ModelFacts> TextEngine::models() const { return status().models; }

Result<ModelFacts> TextEngine::model(const std::string& name) const {
  ModelFacts facts;
  std::shared_ptr<TextScheduler> scheduler;
  {
    const std::lock_guard lock(gate_);
    HEARTH_ASSIGN(resolved, resolve(name));
    const Entry& entry = entries_.at(resolved);
    facts = entry.facts;
    facts.state = entry.state;
    scheduler = entry.scheduler;
  }
  if (scheduler != nullptr) scheduler->describe(facts);
  return facts;
}

EngineStatus TextEngine::status() const {
  EngineStatus status;
  std::vector<std::shared_ptr<TextScheduler>> schedulers;
  {
    const std::lock_guard lock(gate_);
    for (const auto& [name, entry] : entries_) {
      status.models.push_back(entry.facts);
      status.models.back().state = entry.state;
      schedulers.push_back(entry.scheduler);
    }
    status.pools = book_.pools();
    status.swaps = policy_.loads();
    status.draining = draining_;
  }
  for (std::size_t i = 0; i < schedulers.size(); ++i) {
    if (schedulers[i] == nullptr) continue;
    schedulers[i]->describe(status.models[i]);
    status.loads.push_back(schedulers[i]->load());
  }
  return status;
}

bool TextEngine::drain(double at_most_s) {
  std::unique_lock lock(gate_);
  draining_ = true;
  return quiet_.wait_for(lock, std::chrono::duration<double>(at_most_s), [this] { return open_ == 0; });
}

}  // namespace hearth
