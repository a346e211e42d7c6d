// How requests come, wait, start and end.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/cache_salt.h"
#include "engine/text_scheduler.h"

namespace hearth {
namespace {

constexpr double kRestoreBudget_s = 0.1;              // of one step, while others stream
constexpr std::uint32_t kExpectedAnswerTokens = 256;  // where a request sets no bound

std::uint32_t cost_of(const PreparedRequest& prepared) {
  return static_cast<std::uint32_t>(prepared.prompt.size()) + std::min(prepared.max_new_tokens, kExpectedAnswerTokens);
}

double milliseconds(Instant from, Instant to) { return seconds_between(from, to) * 1e3; }

Error deadline_error(const PreparedRequest& prepared, const char* where) {
  return {ErrorCode::kDeadlineExceeded,
          fmt::format("the deadline of request {} passed while it {}", prepared.id, where),
          "allow it more time, or send fewer requests at once"};
}

}  // namespace

void TextScheduler::accept(PreparedRequest prepared) {
  auto request = std::make_unique<RunningRequest>();
  request->prepared = std::move(prepared);
  RunningRequest& r = *request;
  const auto refuse = [&](const Error& error) {
    ports_.host.request_left(model_.facts.name, r.prepared.submitted);
    r.prepared.listener->on_error(error);
  };
  auto set = adapters_->acquire(r.prepared.request.adapters);
  if (!set) return refuse(set.error());
  r.adapters = set->id;
  r.adapter_digest = std::move(set->digest);
  r.salt = salted(base_salt_, r.adapter_digest);
  r.usage.prompt_tokens = static_cast<std::uint32_t>(r.prepared.prompt.size());
  r.open_choices = r.prepared.request.choices;
  requests_.emplace(r.prepared.id, std::move(request));
  if (!enqueue(r, 0)) return;
  if (r.prepared.told_accepted) return;
  r.prepared.told_accepted = true;
  r.prepared.listener->on_accepted({r.prepared.id, model_.facts.name, r.usage.prompt_tokens, r.prepared.notices});
}

// False when the queue was full: the request is gone.
bool TextScheduler::enqueue(RunningRequest& request, std::uint32_t choice) {
  const PreparedRequest& prepared = request.prepared;
  RunningAnswer answer;
  answer.id = next_sequence_++;
  answer.request = &request;
  answer.choice = choice;
  answer.ticket = {answer.id,         prepared.request.key,      prepared.request.priority,
                   cost_of(prepared), prepared.request.deadline, prepared.submitted};
  if (auto refusal = queue_.push(answer.ticket, ports_.clock.now())) {
    metrics_.refused.add();
    Error error = std::move(refusal->error);
    error.context.emplace_back("retry_after_s", fmt::format("{:.0f}", std::max(1.0, refusal->retry_after_s)));
    fail_request(request, error);
    return false;
  }
  answers_.emplace(answer.id, std::move(answer));
  return true;
}

// The prompt of the first choice is computed: the others find it in the cache.
void TextScheduler::queue_siblings(RunningRequest& request) {
  if (std::exchange(request.told_first, true)) return;
  for (std::uint32_t choice = 1; choice < request.prepared.request.choices; ++choice) {
    if (!enqueue(request, choice)) return;
  }
}

std::vector<RunningAnswer*> TextScheduler::answers_of(const RunningRequest& request) {
  std::vector<RunningAnswer*> found;
  for (auto& [id, answer] : answers_) {
    if (answer.request == &request) found.push_back(&answer);
  }
  return found;
}

void TextScheduler::expire(Instant now) {
  for (const QueuedRequest& gone : queue_.take_expired(now)) {
    const auto found = answers_.find(gone.id);
    if (found == answers_.end()) continue;
    RunningRequest& request = *found->second.request;
    fail_request(request, deadline_error(request.prepared, "waited for its turn"));
  }
  std::vector<RunningRequest*> late;
  for (auto& [id, request] : requests_) {
    const auto& deadline = request->prepared.request.deadline;
    if (deadline && *deadline <= now && request->started) late.push_back(request.get());
  }
  for (RunningRequest* request : late) fail_request(*request, deadline_error(request->prepared, "was being answered"));
}

void TextScheduler::admit(Instant now) {
  while (restoring_ == 0) {
    const QueuedRequest* front = queue_.front(now);
    if (front == nullptr || !admit_front(*front, now)) return;
  }
}

// False when it has to wait.
bool TextScheduler::admit_front(const QueuedRequest& front, Instant now) {
  RunningAnswer& answer = answers_.at(front.id);
  RunningRequest& request = *answer.request;
  const SequenceSpec spec{answer.id, static_cast<std::uint32_t>(request.prepared.prompt.size()), 0,
                          request.prepared.max_new_tokens, request.adapters};
  Admission admission = planner_.check(spec, now);
  if (admission.verdict == AdmissionVerdict::kGrow) {
    grow(admission.grow_to_cells);
    admission = planner_.check(spec, now);
  }
  if (admission.verdict == AdmissionVerdict::kNever) {
    fail_request(request, *admission.error);
    return true;
  }
  if (admission.verdict != AdmissionVerdict::kAdmit) return false;
  auto opening =
      kv_->open(request.salt, request.prepared.prompt, request.prepared.request.cache_prompt, planner_.cost());
  if (!opening) {
    if (opening.error().code == ErrorCode::kOverloaded) return false;
    fail_request(request, opening.error());
    return true;
  }
  answer.ticket = *queue_.pop(now);
  answer.slot = opening->slot;
  answer.state = AnswerState::kRestoring;
  answer.started = now;
  if (!request.started) {
    request.started = true;
    request.queued_ms = milliseconds(request.prepared.submitted, now);
    metrics_.queued_ms.observe(request.queued_ms);
    ports_.host.request_started(model_.facts.name, request.prepared.submitted);
  }
  restoring_ = answer.id;
  make_room_for(answer);
  restore(now);
  return true;
}

// Cached cells give way before the prompt's own are taken.
void TextScheduler::make_room_for(const RunningAnswer& answer) {
  const std::uint64_t cells = kv_->granted().n_ctx;
  const std::uint64_t held = planner_.cells_used() + kv_->cached_cells() + answer.request->prepared.prompt.size();
  if (held > cells) kv_->drop_cached(held - cells);
}

void TextScheduler::restore(Instant now) {
  if (restoring_ == 0) return;
  RunningAnswer& answer = answers_.at(restoring_);
  auto restored = kv_->restore(answer.slot, kRestoreBudget_s);
  if (!restored) {
    restoring_ = 0;
    fail_request(*answer.request, restored.error());
    return;
  }
  if (!restored->done) return;
  restoring_ = 0;
  if (answer.choice == 0) answer.request->usage.cached_tokens = restored->tokens;
  for (std::size_t i = 0; i < kCacheTiers; ++i) metrics_.cached_tokens[i]->add(restored->tokens[i]);
  start(answer, restored->total(), now);
}

void TextScheduler::start(RunningAnswer& answer, std::uint32_t reused, Instant now) {
  RunningRequest& request = *answer.request;
  const SequenceSpec spec{answer.id, static_cast<std::uint32_t>(request.prepared.prompt.size()), reused,
                          request.prepared.max_new_tokens, request.adapters};
  if (answer.choice == 0) {
    request.metrics.prompt_tokens = spec.prompt_tokens;
    request.metrics.reused_tokens = reused;
    metrics_.prompt_tokens.add(spec.prompt_tokens);
  }
  planner_.set_cached_cells(kv_->cached_cells());
  if (auto started = planner_.start(spec, now); !started) return fail_request(request, started.error());
  answer.text = std::make_unique<TextAnswer>(request.prepared, kit_->vocabulary(), answer.choice);
  answer.state = AnswerState::kActive;
  if (draft_model_ != nullptr && request.prepared.request.speculate)
    draft_model_->begin(answer.id, request.prepared.prompt);
}

void TextScheduler::resume() {
  while (const auto next = planner_.next_resumable()) {
    RunningAnswer& answer = answers_.at(next->id);
    RunningRequest& request = *answer.request;
    const std::vector<Token> known = answer.known_tokens();
    std::uint32_t reused = 0;
    if (answer.aside) {
      auto slot = kv_->bring_back(request.salt, known, *answer.aside);
      if (!slot) return fail_request(request, slot.error());
      answer.slot = *slot;
      answer.aside.reset();
    } else {
      auto opening = kv_->open(request.salt, known, request.prepared.request.cache_prompt, planner_.cost());
      if (!opening) return;  // no slot: later
      answer.slot = opening->slot;
      Result<KvCache::Restored> restored = kv_->restore(answer.slot, kRestoreBudget_s);
      while (restored && !restored->done) restored = kv_->restore(answer.slot, kRestoreBudget_s);
      if (!restored) return fail_request(request, restored.error());
      reused = restored->total();
    }
    answer.state = AnswerState::kActive;
    if (auto done = planner_.resume(next->id, reused); !done) return fail_request(request, done.error());
    planner_.set_cached_cells(kv_->cached_cells());
  }
}

void TextScheduler::end_answer(RunningAnswer& answer, FinishReason reason) {
  RunningRequest& request = *answer.request;
  TextDelta delta;
  delta.choice = answer.choice;
  ChoiceEnd end{answer.choice, reason, {}};
  std::uint64_t said = 0;
  if (answer.text) {
    end = answer.text->finish(reason, delta);
    said = answer.text->said().size();
    const DraftGain* gain = draft_model_ != nullptr ? draft_model_->gain(answer.id) : nullptr;
    const DraftFacts& drafts = gain != nullptr ? gain->facts() : answer.text->draft_facts();
    request.usage.drafted_tokens += static_cast<std::uint32_t>(drafts.drafted);
    request.usage.accepted_tokens += static_cast<std::uint32_t>(drafts.accepted);
    metrics_.drafted_tokens.add(drafts.drafted);
    metrics_.accepted_tokens.add(drafts.accepted);
  }
  request.usage.completion_tokens += static_cast<std::uint32_t>(said);
  if (answer.choice == 0) request.metrics.completion_tokens = static_cast<std::uint32_t>(said);
  if (answer.choice == 0 && said > 1) {
    request.metrics.decode_ms = milliseconds(answer.first_token, answer.last_token);
    metrics_.tpot_ms.observe(request.metrics.decode_ms / static_cast<double>(said - 1));
    metrics_.decode_tok_s.observe(request.metrics.decode_tok_s());
  }
  if (!delta.events.empty()) request.prepared.listener->on_delta(std::move(delta));
  request.prepared.listener->on_choice_end(end);
  const bool siblings_wait = answer.choice == 0 && !request.told_first;
  forget(answer);
  if (siblings_wait) {
    // Cancelled before its prompt was computed: the other choices end with it.
    for (std::uint32_t choice = 1; choice < request.prepared.request.choices; ++choice) {
      request.prepared.listener->on_choice_end({choice, reason, {}});
      --request.open_choices;
    }
  }
  if (--request.open_choices == 0) {
    metrics_.finished.add();
    request.prepared.listener->on_end({request.usage, request.queued_ms, request.metrics});
    close_request(request);
  }
}

// Takes the answer out of queue, planner and cache. `answer` is gone
// afterwards.
void TextScheduler::forget(RunningAnswer& answer) {
  const SequenceId id = answer.id;
  if (restoring_ == id) restoring_ = 0;
  if (answer.state == AnswerState::kQueued) {
    (void)queue_.cancel(id);
  } else {
    (void)planner_.cancel(id);
    const std::size_t used = answer.text ? answer.text->said().size() : 0;
    queue_.settle(answer.ticket, answer.request->prepared.prompt.size() + used);
    if (answer.slot >= 0) kv_->close(answer.slot);
  }
  if (draft_model_ != nullptr) draft_model_->end(id);
  answers_.erase(id);
}

void TextScheduler::fail_request(RunningRequest& request, const Error& error) {
  metrics_.failed.add();
  for (RunningAnswer* answer : answers_of(request)) forget(*answer);
  request.prepared.listener->on_error(error);
  close_request(request);
}

// Requests of which the client has seen nothing wait for the model's next life as if they had not started; once each,
// since one of them may be what the model died of.
void TextScheduler::return_unsaid() {
  for (auto& [id, request] : requests_) {
    if (!request->started || request->told_first || request->prepared.returned) continue;
    const auto answers = answers_of(*request);
    if (std::ranges::any_of(answers, [](const auto* each) { return each->text && !each->text->said().empty(); }))
      continue;
    for (RunningAnswer* answer : answers) forget(*answer);
    request->started = false;
    request->prepared.returned = true;
    ports_.host.request_returned(model_.facts.name, request->prepared.submitted);
  }
}

// Those that never started may be served by the model's next life.
void TextScheduler::fail_started(const Error& error) {
  std::vector<RunningRequest*> started;
  for (auto& [id, request] : requests_) {
    if (request->started) started.push_back(request.get());
  }
  for (RunningRequest* request : started) fail_request(*request, error);
}

void TextScheduler::close_request(RunningRequest& request) {
  adapters_->release(request.adapters);
  if (request.started)
    ports_.host.request_ended(model_.facts.name);
  else
    ports_.host.request_left(model_.facts.name, request.prepared.submitted);
  requests_.erase(request.prepared.id);
}

}  // namespace hearth
