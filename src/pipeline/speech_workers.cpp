#include "pipeline/speech_workers.h"

#include <algorithm>
#include <chrono>

namespace hearth {
namespace {

constexpr auto kCancelSeenWithin = std::chrono::milliseconds(50);

}  // namespace

SpeechWorkers::SpeechWorkers(unsigned n_threads, std::size_t n_drafting_max)
    : n_drafts_max_(n_threads > 1 ? n_threads - 1 : 1), n_drafting_max_(n_drafting_max) {
  for (unsigned i = 0; i < std::max(n_threads, 1U); ++i) threads_.emplace_back([this] { work(); });
}

SpeechWorkers::~SpeechWorkers() {
  {
    const std::lock_guard lock(gate_);
    closing_ = true;
    changed_.notify_all();
  }
  for (auto& thread : threads_) thread.join();
}

void SpeechWorkers::add(SpeechTask& task) {
  const std::lock_guard lock(gate_);
  tasks_.try_emplace(&task);
}

void SpeechWorkers::remove(SpeechTask& task) {
  std::unique_lock lock(gate_);
  std::erase(finals_, &task);
  std::erase(drafts_, &task);
  changed_.wait(lock, [&] { return !tasks_.at(&task).is_busy; });
  tasks_.erase(&task);
}

void SpeechWorkers::want_final(SpeechTask& task) {
  const std::lock_guard lock(gate_);
  ++tasks_.at(&task).n_finals;
  finals_.push_back(&task);
  changed_.notify_all();
}

bool SpeechWorkers::want_draft(SpeechTask& task) {
  const std::lock_guard lock(gate_);
  auto& entry = tasks_.at(&task);
  if (entry.draft_waits) return false;
  entry.draft_waits = entry.has_draft = true;
  drafts_.push_back(&task);
  changed_.notify_all();
  return true;
}

template <class Condition>
bool SpeechWorkers::wait(Condition condition, const CallBounds& bounds) {
  std::unique_lock lock(gate_);
  while (!condition()) {
    if (bounds.cancel != nullptr && bounds.cancel->requested()) return false;
    if (bounds.deadline && std::chrono::steady_clock::now() >= *bounds.deadline) return false;
    changed_.wait_for(lock, kCancelSeenWithin);
  }
  return true;
}

bool SpeechWorkers::wait_finals(SpeechTask& task, std::size_t n, const CallBounds& bounds) {
  return wait([&] { return tasks_.at(&task).n_finals <= n; }, bounds);
}

bool SpeechWorkers::wait_draft(SpeechTask& task, const CallBounds& bounds) {
  return wait([&] { return !tasks_.at(&task).has_draft; }, bounds);
}

bool SpeechWorkers::take_drafting_place() {
  const std::lock_guard lock(gate_);
  if (n_drafting_ >= n_drafting_max_) return false;
  ++n_drafting_;
  return true;
}

void SpeechWorkers::leave_drafting_place() {
  const std::lock_guard lock(gate_);
  --n_drafting_;
}

SpeechWorkers::Choice SpeechWorkers::choose() {
  const auto idle = [this](SpeechTask* task) { return !tasks_.at(task).is_busy; };
  if (const auto found = std::ranges::find_if(finals_, idle); found != finals_.end()) {
    const Choice choice{*found, true};
    finals_.erase(found);
    return choice;
  }
  if (n_drafts_running_ >= n_drafts_max_) return {};
  const auto found = std::ranges::find_if(drafts_, idle);
  if (found == drafts_.end()) return {};
  const Choice choice{*found, false};
  drafts_.erase(found);
  tasks_.at(choice.task).draft_waits = false;
  ++n_drafts_running_;
  return choice;
}

void SpeechWorkers::done(const Choice& choice) {
  auto& entry = tasks_.at(choice.task);
  entry.is_busy = false;
  if (choice.is_final) {
    --entry.n_finals;
  } else {
    --n_drafts_running_;
    entry.has_draft = entry.draft_waits;
  }
  changed_.notify_all();
}

void SpeechWorkers::work() {
  std::unique_lock lock(gate_);
  for (;;) {
    Choice choice;
    changed_.wait(lock, [&] {
      choice = choose();
      return choice.task != nullptr || closing_;
    });
    if (choice.task == nullptr) return;
    tasks_.at(choice.task).is_busy = true;
    lock.unlock();
    if (choice.is_final)
      choice.task->run_final();
    else
      choice.task->run_draft();
    lock.lock();
    done(choice);
  }
}

}  // namespace hearth
