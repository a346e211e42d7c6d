// The keeper's thread: carries out what the swap policy decides.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/resident_models.h"

namespace hearth {

void ResidentModels::keep() {
  std::unique_lock lock(gate_);
  const auto unlocked = [this, &lock](const auto& work) {
    acting_ = true;
    lock.unlock();
    work();
    lock.lock();
    acting_ = false;
    quiet_.notify_all();
  };
  while (!stopping_) {
    poked_ = false;
    while (!broken_.empty()) {
      const std::string name = std::move(broken_.back());
      broken_.pop_back();
      unlocked([&] { unload(name); });
    }
    const SwapDecision decision = policy_.decide(clock_.now());
    for (const SwapAction& action : decision.actions) unlocked([&] { act(action); });
    if (!decision.actions.empty() || poked_ || stopping_) continue;
    const auto woken = [this] { return poked_ || stopping_; };
    if (!decision.wake_at)
      wake_.wait(lock, woken);
    else
      wake_.wait_for(lock, *decision.wake_at - clock_.now(), woken);
  }
}

void ResidentModels::act(const SwapAction& action) {
  switch (action.kind) {
    case SwapActionKind::kLoad: return load(action.model);
    case SwapActionKind::kUnload: return unload(action.model);
    case SwapActionKind::kRefuse:
      return refuse(action.model, action.error.value_or(Error(ErrorCode::kDoesNotFit, "the model does not fit")));
    case SwapActionKind::kDrain:
    case SwapActionKind::kResume: break;
  }
  const bool resumes = action.kind == SwapActionKind::kResume;
  std::shared_ptr<ResidentModel> model;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(action.model);
    if (entry.model == nullptr) return;
    entry.state = resumes ? ModelState::kResident : ModelState::kDraining;
    model = entry.model;
  }
  model->set_admitting(resumes);
  if (resumes) serve_waiting(action.model);
}

ModelLoader* ResidentModels::loader_of(const std::string& name) const {
  const auto found = loaders_.find(entries_.at(name).facts.kind);
  return found == loaders_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<ResidentModel>> ResidentModels::bring_up(const std::string& name) {
  HEARTH_ASSIGN(need, directory_.need(name));
  ModelLoader* loader = nullptr;
  {
    const std::lock_guard lock(gate_);
    loader = loader_of(name);
    if (loader == nullptr)
      return fail(ErrorCode::kUnavailable,
                  fmt::format("nothing here runs {} models now", to_string(entries_.at(name).facts.kind)),
                  "try again later");
    HEARTH_ASSIGN(reservation, book_.reserve({name, need.steady, need.transient}));
    Entry& entry = entries_.at(name);
    release_all(entry);
    entry.reservations.push_back(std::move(reservation));
    entry.held = need.steady;
  }
  HEARTH_ASSIGN(model, loader->bring_up(name));
  HEARTH_TRY(book_measured(name, *model));
  return model;
}

// The estimate gives way to what was measured. A model that takes more than was reserved for it has to find that much
// free, or is given up: the budget holds whatever a runtime estimates.
Status ResidentModels::book_measured(const std::string& name, const ResidentModel& model) {
  const auto measured = model.measured_bytes();
  const std::lock_guard lock(gate_);
  Entry& entry = entries_.at(name);
  if (!measured) {
    entry.reservations.front().commit();
    return {};
  }
  BytesByPool within;
  BytesByPool beyond;
  for (const auto& [pool, bytes] : *measured) {
    const auto had = entry.held.find(pool);
    const std::uint64_t reserved = had == entry.held.end() ? 0 : had->second;
    if (std::min(bytes, reserved) > 0) within[pool] = std::min(bytes, reserved);
    if (bytes > reserved) beyond[pool] = bytes - reserved;
  }
  if (!beyond.empty()) {
    auto more = book_.reserve({name, beyond, {}});
    if (!more) {
      Error error(ErrorCode::kDoesNotFit,
                  fmt::format("'{}' took more memory than was estimated, and that is not free", name),
                  "evict another model or give a larger --budget");
      error.cause = std::make_shared<Error>(std::move(more).error());
      return fail(std::move(error));
    }
    more->commit();
    entry.reservations.push_back(std::move(*more));
  }
  HEARTH_TRY(entry.reservations.front().commit(within));
  entry.held = *measured;
  return {};
}

void ResidentModels::load_failed(const std::string& name, const Error& error) {
  const bool crashed = error.code == ErrorCode::kWorkerCrashed && judge_ != nullptr;
  FailureVerdict verdict = crashed ? verdict_on(name, error) : FailureVerdict{};
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    release_all(entry);
    entry.state = ModelState::kFailed;
    policy_.load_failed(name, clock_.now());
    // A worker that was ended says nothing of the file: it is tried again as soon as after any crash.
    if (crashed) policy_.hold(name, after(clock_.now(), verdict.wait_s));
    if (crashed) entry.quarantine = std::move(verdict.quarantine);
  }
  logger_.write(LogLevel::kError, "engine", fmt::format("{} did not load: {}", name, to_string(error)));
  refuse(name, error);
}

void ResidentModels::load(const std::string& name) {
  {
    const std::lock_guard lock(gate_);
    entries_.at(name).state = ModelState::kLoading;
  }
  const Instant begun = clock_.now();
  auto made = bring_up(name);
  if (!made) return load_failed(name, made.error());
  const double took_s = seconds_between(begun, clock_.now());
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    entry.model = *made;
    entry.state = ModelState::kResident;
    policy_.loaded(name, entry.held, took_s, clock_.now());
  }
  logger_.write(LogLevel::kInfo, "engine", fmt::format("{} loaded in {:.2f} s", name, took_s));
  serve_waiting(name);
}

void ResidentModels::unload(const std::string& name) {
  std::shared_ptr<ResidentModel> model;
  ModelLoader* loader = nullptr;
  std::optional<Error> quarantine;
  {
    const std::lock_guard lock(gate_);
    model = std::exchange(entries_.at(name).model, nullptr);
    loader = loader_of(name);
  }
  if (model == nullptr) return;
  const std::function<void()> again = loader == nullptr ? nullptr : loader->retire(model);
  // Whoever still uses a part of it (a tokenizer, a session under way) keeps that a moment longer; nothing else does.
  model.reset();
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    release_all(entry);
    entry.state = entry.quarantine ? ModelState::kFailed : ModelState::kAbsent;
    quarantine = entry.quarantine;
    policy_.unloaded(name);
  }
  if (again) again();
  if (quarantine) refuse(name, *quarantine);
  logger_.write(LogLevel::kInfo, "engine", name + " unloaded");
}

// Whatever waits for the model can't have it.
void ResidentModels::refuse(const std::string& name, const Error& error) {
  std::deque<Waiting> waiting;
  {
    const std::lock_guard lock(gate_);
    waiting.swap(entries_.at(name).waiting);
  }
  for (auto& each : waiting) each.go(fail(error));
}

void ResidentModels::serve_waiting(const std::string& name) {
  std::deque<Waiting> waiting;
  std::shared_ptr<ResidentModel> model;
  {
    const std::lock_guard lock(gate_);
    Entry& entry = entries_.at(name);
    if (entry.model == nullptr) return;
    waiting.swap(entry.waiting);
    model = entry.model;
  }
  for (auto& each : waiting) each.go(model);
}

}  // namespace hearth
