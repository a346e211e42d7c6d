// One step: what is planned is computed, and what it says is handed out.
#include <algorithm>
#include <utility>

#include "engine/text_scheduler.h"
#include "platform/this_thread.h"

namespace hearth {
namespace {

constexpr std::size_t kDraftTokensMax = 8;

}  // namespace

void TextScheduler::propose_drafts() {
  if (!kv_->can_trim() || !limits_.speculation) return;
  StepLoad one;
  one.add(0, 1);
  StepLoad two = one;
  two.add(0, 1);
  const double alone_s = planner_.cost().seconds(one);
  const double cost = alone_s > 0 ? std::max(0.0, planner_.cost().seconds(two) / alone_s - 1) : 0.05;
  // One more token of a stream delays all the others too.
  const TargetStep target{alone_s, cost * static_cast<double>(std::max<std::size_t>(1, planner_.active()))};
  std::vector<SequenceId> by_model;
  for (auto& [id, answer] : answers_) {
    answer.drafts.clear();
    if (answer.state != AnswerState::kActive || answer.text->said().empty()) continue;
    if (!answer.request->prepared.request.speculate) continue;
    if (draft_model_ != nullptr) {
      by_model.push_back(id);
      continue;
    }
    answer.drafts = answer.text->draft(kDraftTokensMax, target.cost_per_token);
    if (!answer.drafts.empty()) planner_.set_draft(id, static_cast<std::uint32_t>(answer.drafts.size()));
  }
  if (!by_model.empty()) draft_by_model(by_model, target);
}

void TextScheduler::draft_by_model(const std::vector<SequenceId>& wanted, const TargetStep& target) {
  auto guesses = draft_model_->draft(wanted, kDraftTokensMax, target);
  if (!guesses) {
    ports_.logger.write(LogLevel::kWarn, "engine", "the draft model is given up: " + to_string(guesses.error()));
    draft_model_.reset();
    return;
  }
  for (auto& guess : *guesses) {
    if (guess.tokens.empty()) continue;
    planner_.set_draft(guess.id, static_cast<std::uint32_t>(guess.tokens.size()));
    answers_.at(guess.id).drafts = std::move(guess.tokens);
  }
}

// Carries out everything of a plan but its items.
StepPlan TextScheduler::plan(Instant now) {
  constexpr int kTries = 8;
  StepPlan planned = planner_.plan(now);
  for (int tries = 0; tries < kTries; ++tries) {
    put_aside(planned);
    for (const SequenceId id : planned.ended) end_answer(answers_.at(id), FinishReason::kLength);
    if (planned.grow_to_cells == 0) break;
    grow(planned.grow_to_cells);
    planned = planner_.plan(now);
  }
  if (planned.drop_cached_cells > 0) kv_->drop_cached(planned.drop_cached_cells);
  return planned;
}

void TextScheduler::put_aside(const StepPlan& planned) {
  for (const Preemption& victim : planned.preemptions) {
    RunningAnswer& answer = answers_.at(victim.id);
    metrics_.preemptions.add();
    answer.state = AnswerState::kAside;
    if (victim.swap) {
      auto aside = kv_->put_aside(answer.slot);
      if (!aside) {
        fail_request(*answer.request, aside.error());
        continue;
      }
      answer.aside = std::move(*aside);
    } else {
      kv_->close(answer.slot);
    }
    answer.slot = -1;
  }
}

void TextScheduler::grow(std::uint64_t cells) {
  if (auto allowed = ports_.host.reserve_growth(model_.facts.name, cells); !allowed) {
    ports_.logger.write(LogLevel::kInfo, "engine", "the context stays as it is: " + to_string(allowed.error()));
    planner_.growth_refused(ports_.clock.now());
    return;
  }
  const auto done = kv_->grow(static_cast<std::uint32_t>(cells));
  ports_.host.grown(model_.facts.name, done.has_value());
  if (!done) {
    ports_.logger.write(LogLevel::kWarn, "engine", "the context could not grow: " + to_string(done.error()));
    if (done.error().code == ErrorCode::kOutOfMemory) failed_allocations_.fetch_add(1);
    planner_.growth_refused(ports_.clock.now());
    return;
  }
  metrics_.growths.add();
  active_adapters_ = 0;  // a new context has none
  placed_ = {};          // and another size: told with the next publish()
  planner_.set_cells(kv_->granted().n_ctx);
  planner_.set_cached_cells(kv_->cached_cells());
}

void TextScheduler::fill_batch(std::span<const StepItem> items) {
  batch_.clear();
  batched_.clear();
  for (const StepItem& item : items) {
    const auto found = answers_.find(item.id);
    if (found == answers_.end()) continue;  // its request failed in an earlier call of the step
    batched_.push_back(item.id);
    const RunningAnswer& answer = found->second;
    for (std::uint32_t i = 0; i < item.count; ++i) {
      const bool wants = item.samples && i + 1 + item.draft_tokens >= item.count;
      batch_.push_back(
          {answer.token_at(item.first + i), static_cast<std::int32_t>(item.first + i), answer.slot, wants});
    }
  }
}

Status TextScheduler::use_adapters(AdapterSetId adapters) {
  if (adapters == active_adapters_) return {};
  HEARTH_TRY(kv_->context().set_adapters(adapters_->scaled(adapters)));
  active_adapters_ = adapters;
  return {};
}

// The items of each call to the runtime: all at once, or the answers' first and then each prompt's.
std::vector<std::span<const StepItem>> TextScheduler::calls_of(const StepPlan& planned) const {
  const std::span<const StepItem> all(planned.items);
  if (model_.mixes_prompts) return {all};
  const auto first_prompt = std::ranges::find(all, false, &StepItem::decode);
  const auto decodes = static_cast<std::size_t>(first_prompt - all.begin());
  std::vector<std::span<const StepItem>> calls;
  if (decodes > 0) calls.push_back(all.first(decodes));
  for (std::size_t i = decodes; i < all.size(); ++i) calls.push_back(all.subspan(i, 1));
  return calls;
}

Result<RowsView> TextScheduler::compute(std::span<const StepItem> items) {
  fill_batch(items);
  if (batch_.empty()) return RowsView{};
  CallBounds bounds;
  bounds.n_threads = threads_of(items);
  if (!in_worker_) bounds.cancel = &stall_;  // a worker that hangs is ended
  auto rows = kv_->context().decode(batch_, bounds);
  if (!rows && rows.error().code == ErrorCode::kOutOfMemory && kv_->cached_cells() > 0) {
    // Cells that sequences share count once in the context and as often as they are shared in the plan; and the other
    // way round when one of the sharers leaves. What is only cached gives way.
    kv_->drop_cached(kv_->cached_cells());
    rows = kv_->context().decode(batch_, bounds);
  }
  if (!rows && rows.error().code == ErrorCode::kOutOfMemory) failed_allocations_.fetch_add(1);
  return rows;
}

void TextScheduler::run_step(const StepPlan& planned, StepBegin begun) {
  if (auto done = use_adapters(planned.adapters); !done) return recover(done.error());
  std::vector<StepOutcome> outcomes;
  double took_s = 0;
  double took_cpu_s = 0;
  bool any = false;
  for (const auto& call : calls_of(planned)) {
    const StepBegin start{ports_.clock.now(), this_thread_cpu_s()};
    auto rows = compute(call);
    took_s += seconds_between(start.at, ports_.clock.now());
    took_cpu_s += this_thread_cpu_s() - start.cpu_s;
    if (!rows && !any) return recover(rows.error());
    if (!rows) {
      // What earlier calls computed stands; the rest of the step fails with its requests.
      for (const StepItem& item : call) {
        if (const auto found = answers_.find(item.id); found != answers_.end())
          fail_request(*found->second.request, rows.error());
      }
      if (rows.error().code != ErrorCode::kOutOfMemory) return recover(rows.error());
      continue;
    }
    any = true;
    deliver(call, *rows, outcomes);
  }
  complete(planned, outcomes, took_s);
  busy_us_.fetch_add(static_cast<std::uint64_t>(took_s * 1e6), std::memory_order_relaxed);
  metrics_.steps.add();
  metrics_.step_ms.observe(took_s * 1e3);
  metrics_.host_ms.observe((seconds_between(begun.at, ports_.clock.now()) - took_s) * 1e3);
  metrics_.host_cpu_ms.observe((this_thread_cpu_s() - begun.cpu_s - took_cpu_s) * 1e3);
}

void TextScheduler::deliver(std::span<const StepItem> items, const RowsView& rows, std::vector<StepOutcome>& outcomes) {
  std::uint32_t row = 0;
  auto batched = batched_.begin();  // in the order of the items
  for (const StepItem& item : items) {
    const std::uint32_t first_row = row;
    if (batched == batched_.end() || *batched != item.id) continue;
    ++batched;
    if (item.samples) row += item.draft_tokens + 1;
    const auto found = answers_.find(item.id);
    if (found == answers_.end()) continue;  // its request failed a moment ago
    RunningAnswer& answer = found->second;
    std::vector<Token> tokens(item.count);
    for (std::uint32_t i = 0; i < item.count; ++i) tokens[i] = answer.token_at(item.first + i);
    kv_->computed(answer.slot, tokens);
    metrics_.computed_tokens.add(item.count);
    if (item.samples) outcomes.push_back(deliver_item(item, rows, first_row));
  }
}

void TextScheduler::complete(const StepPlan& planned, std::span<const StepOutcome> outcomes, double took_s) {
  queue_.note_service(planned.load.tokens, took_s);
  std::vector<std::pair<SequenceId, FinishReason>> over;
  for (const SequenceId id : planner_.complete(outcomes, took_s)) {
    const auto found = answers_.find(id);
    if (found == answers_.end()) continue;
    const FinishReason reason = found->second.text->finish_reason();
    over.emplace_back(id, reason == FinishReason::kNone ? FinishReason::kLength : reason);
  }
  for (const auto& [id, reason] : over) end_answer(answers_.at(id), reason);
  if (!over.empty() && !std::exchange(told_answered_, true)) ports_.host.answered(model_.facts.name);
}

StepOutcome TextScheduler::deliver_item(const StepItem& item, const RowsView& rows, std::uint32_t first_row) {
  RunningAnswer& answer = answers_.at(item.id);
  const std::size_t said_before = answer.text->said().size();
  const std::vector<Token> drafts(answer.drafts.begin(), answer.drafts.begin() + item.draft_tokens);
  answer.drafts.clear();
  TextDelta delta;
  auto advance = answer.text->advance(rows, first_row, drafts, delta);
  if (!advance) {
    fail_request(*answer.request, advance.error());
    return {item.id, 0, true};
  }
  if (advance->accepted_drafts < item.draft_tokens) {
    const std::uint32_t keep = item.first + item.count - (item.draft_tokens - advance->accepted_drafts);
    if (const auto trimmed = kv_->trim(answer.slot, keep); !trimmed) {
      fail_request(*answer.request, trimmed.error());
      return {item.id, 0, true};
    }
  }
  if (draft_model_ != nullptr && answer.request->prepared.request.speculate) {
    if (item.draft_tokens > 0) draft_model_->report(item.id, advance->accepted_drafts);
    draft_model_->accept(item.id, std::span(answer.text->said()).subspan(said_before));
  }
  note_token(answer, answer.text->said().size() - said_before, ports_.clock.now());
  if (!delta.tokens.empty() || !delta.events.empty()) answer.request->prepared.listener->on_delta(std::move(delta));
  if (answer.choice == 0) queue_siblings(*answer.request);
  return {item.id, advance->accepted_drafts, advance->ended};
}

void TextScheduler::note_token(RunningAnswer& answer, std::size_t tokens, Instant now) {
  if (tokens == 0) return;
  metrics_.completion_tokens.add(tokens);
  RunningRequest& request = *answer.request;
  if (answer.first_token == Instant{}) {
    answer.first_token = now;
    if (answer.choice == 0) {
      request.metrics.prefill_ms = seconds_between(answer.started, now) * 1e3;
      request.metrics.ttft_ms = seconds_between(request.prepared.submitted, now) * 1e3;
      metrics_.ttft_ms.observe(request.metrics.ttft_ms);
      metrics_.prefill_tok_s.observe(request.metrics.prefill_tok_s());
    }
  } else {
    metrics_.itl_ms.observe(seconds_between(answer.last_token, now) * 1e3);
  }
  answer.last_token = now;
}

// The step failed. What it was about fails with it; the model goes on where its
// caches are known to be whole.
void TextScheduler::recover(const Error& error) {
  planner_.abandon();
  if (stall_.requested()) {
    Error stalled(ErrorCode::kUnavailable, "the model made no step in time and was stopped", "send the request again");
    return give_up(std::move(stalled).because(error));
  }
  if (error.code == ErrorCode::kOutOfMemory && planner_.active() > 1) {
    // The youngest gives way; the others are as they were before the step.
    RunningAnswer* youngest = nullptr;
    for (auto& [id, answer] : answers_) {
      if (answer.state == AnswerState::kActive) youngest = &answer;
    }
    if (youngest != nullptr) return fail_request(*youngest->request, error);
  }
  give_up(error);
}

void TextScheduler::give_up(const Error& error) {
  admitting_ = false;
  return_unsaid();
  fail_started(error);
  if (!std::exchange(given_up_, true)) ports_.host.failed(model_.facts.name, error);
}

}  // namespace hearth
