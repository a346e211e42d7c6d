// Which models are loaded: carries out what the swap policy decides, on a
// thread of its own, and keeps its books.
#include <fmt/format.h>

#include <utility>

#include "engine/text_engine.h"

namespace hearth {

void TextEngine::request_started(const std::string& model, Instant arrived) {
  const std::lock_guard lock(gate_);
  policy_.request_started(model, arrived, ports_.clock.now());
}

void TextEngine::request_left(const std::string& model, Instant arrived) {
  const std::lock_guard lock(gate_);
  policy_.request_left(model, arrived);
  if (--open_ == 0) quiet_.notify_all();
  poke();
}

void TextEngine::request_ended(const std::string& model) {
  const std::lock_guard lock(gate_);
  policy_.request_ended(model, ports_.clock.now());
  if (--open_ == 0) quiet_.notify_all();
  poke();
}

Status TextEngine::reserve_growth(const std::string& model, std::uint64_t cells) {
  HEARTH_ASSIGN(wanted, ports_.provider.need_with_cells(model, cells));
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(model);
  BytesByPool more;
  for (const auto& [pool, bytes] : wanted) {
    const auto had = entry.held.find(pool);
    const std::uint64_t held = had == entry.held.end() ? 0 : had->second;
    if (bytes > held) more[pool] = bytes - held;
  }
  // While the cells move, the old ones are still there.
  BytesByPool transient = more;
  HEARTH_ASSIGN(reservation, book_.reserve({model + " context", more, transient}));
  entry.reservations.push_back(std::move(reservation));
  return {};
}

void TextEngine::grown(const std::string& model, bool done) {
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(model);
  if (!done) {
    entry.reservations.pop_back();
    return;
  }
  const BytesByPool before = entry.held;
  entry.reservations.back().commit();
  entry.held.clear();
  for (const auto& holder : book_.holders()) {
    if (holder.owner == model || holder.owner == model + " context")
      entry.held = bytes_together(entry.held, holder.bytes);
  }
  policy_.resized(model, entry.held);
}

void TextEngine::answered(const std::string& model) { ports_.provider.answered(model); }

void TextEngine::failed(const std::string& model, const Error& error) {
  ports_.logger.write(LogLevel::kError, "engine", fmt::format("{} can't go on: {}", model, to_string(error)));
  const std::lock_guard lock(gate_);
  entries_.at(model).state = ModelState::kFailed;
  broken_.push_back(model);
  poke();
}

void TextEngine::manage() {
  std::unique_lock lock(gate_);
  while (!stopping_) {
    poked_ = false;
    while (!broken_.empty()) {
      const std::string name = std::move(broken_.back());
      broken_.pop_back();
      lock.unlock();
      unload(name);
      lock.lock();
    }
    const SwapDecision decision = policy_.decide(ports_.clock.now());
    lock.unlock();
    for (const SwapAction& action : decision.actions) act(action);
    lock.lock();
    if (!decision.actions.empty() || poked_ || stopping_) continue;
    const auto woken = [this] { return poked_ || stopping_; };
    if (!decision.wake_at)
      wake_.wait(lock, woken);
    else
      wake_.wait_for(lock, *decision.wake_at - ports_.clock.now(), woken);
  }
}

void TextEngine::act(const SwapAction& action) {
  switch (action.kind) {
    case SwapActionKind::kLoad: return load(action.model);
    case SwapActionKind::kUnload: return unload(action.model);
    case SwapActionKind::kRefuse:
      return refuse(action.model, action.error.value_or(Error(ErrorCode::kDoesNotFit, "the model does not fit")));
    case SwapActionKind::kDrain:
    case SwapActionKind::kResume: break;
  }
  const bool resumes = action.kind == SwapActionKind::kResume;
  std::shared_ptr<TextScheduler> scheduler;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(action.model);
    entry.state = resumes ? ModelState::kResident : ModelState::kDraining;
    scheduler = entry.scheduler;
  }
  if (scheduler != nullptr) scheduler->set_admitting(resumes);
  if (resumes) serve_waiting(action.model);
}

Result<std::shared_ptr<TextScheduler>> TextEngine::bring_up(const std::string& name) {
  HEARTH_ASSIGN(need, ports_.provider.need(name));
  {
    const std::lock_guard lock(gate_);
    HEARTH_ASSIGN(reservation, book_.reserve({name, need.steady, need.transient}));
    Entry& entry = entries_.at(name);
    entry.reservations.clear();
    entry.reservations.push_back(std::move(reservation));
    entry.held = need.steady;
  }
  HEARTH_ASSIGN(opened, ports_.provider.open(name, {}));
  HEARTH_ASSIGN(kit, ModelKit::create(opened.model, opened.template_source));
  HEARTH_ASSIGN(scheduler, TextScheduler::create(std::move(opened), std::move(kit), options_.scheduler,
                                                 {*this, ports_.clock, ports_.metrics, ports_.logger}));
  return std::shared_ptr<TextScheduler>(std::move(scheduler));
}

void TextEngine::load(const std::string& name) {
  {
    const std::lock_guard lock(gate_);
    entries_.at(name).state = ModelState::kLoading;
  }
  const Instant begun = ports_.clock.now();
  auto made = bring_up(name);
  const Instant now = ports_.clock.now();
  if (!made) {
    {
      const std::lock_guard lock(gate_);
      Entry& entry = entries_.at(name);
      entry.reservations.clear();
      entry.state = ModelState::kFailed;
      policy_.load_failed(name, now);
    }
    ports_.logger.write(LogLevel::kError, "engine", fmt::format("{} did not load: {}", name, to_string(made.error())));
    return refuse(name, made.error());
  }
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    entry.scheduler = *made;
    entry.state = ModelState::kResident;
    entry.load_s = seconds_between(begun, now);
    entry.reservations.front().commit();
    policy_.loaded(name, entry.held, entry.load_s, now);
  }
  ports_.logger.write(LogLevel::kInfo, "engine",
                      fmt::format("{} loaded in {:.2f} s", name, seconds_between(begun, now)));
  serve_waiting(name);
}

void TextEngine::unload(const std::string& name) {
  std::shared_ptr<TextScheduler> scheduler;
  {
    const std::lock_guard lock(gate_);
    scheduler = std::move(entries_.at(name).scheduler);
    entries_.at(name).scheduler = nullptr;
  }
  if (scheduler == nullptr) return;
  std::vector<PreparedRequest> left = scheduler->stop();
  // Kits that are still in use keep the weights a moment longer; nothing else
  // does.
  scheduler.reset();
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  entry.reservations.clear();
  entry.held.clear();
  entry.state = ModelState::kAbsent;
  policy_.unloaded(name);
  for (auto& prepared : left) requeue(std::move(prepared));
  ports_.logger.write(LogLevel::kInfo, "engine", name + " unloaded");
}

// Whatever waits for the model can't have it.
void TextEngine::refuse(const std::string& name, const Error& error) {
  std::deque<Waiting> waiting;
  {
    const std::lock_guard lock(gate_);
    waiting.swap(entries_.at(name).waiting);
  }
  for (auto& each : waiting) each.go(fail(error));
}

void TextEngine::serve_waiting(const std::string& name) {
  std::deque<Waiting> waiting;
  std::shared_ptr<TextScheduler> scheduler;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    waiting.swap(entry.waiting);
    scheduler = entry.scheduler;
  }
  for (auto& each : waiting) each.go(scheduler);
}

}  // namespace hearth
