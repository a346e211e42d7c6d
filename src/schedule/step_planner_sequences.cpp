// What the planner knows of its sequences: starting, putting aside, taking up again, ending.
#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "schedule/step_planner.h"

namespace hearth {
namespace {

constexpr std::uint64_t kGrowthGranule = 256;  // llama.cpp pads a context to this

}  // namespace

Result<StepPlanner> StepPlanner::create(const PlannerLimits& limits, const StepCost& cost) {
  const auto refuse = [](const char* what) { return fail(ErrorCode::kInvalidArgument, what); };
  if (limits.sequences == 0) return refuse("a planner needs room for one sequence at least");
  if (limits.step_tokens < limits.sequences) return refuse("a step must hold a token of every sequence");
  if (limits.cells == 0) return refuse("a context needs cells");
  if (limits.chunk_tokens_min == 0 || !std::has_single_bit(limits.chunk_tokens) ||
      !std::has_single_bit(limits.chunk_tokens_min) || limits.chunk_tokens_min > limits.chunk_tokens) {
    return refuse("chunk sizes must be powers of two, the smaller one first");
  }
  if (!(limits.stall_s > 0) || !(limits.stall_share > 0) || !(limits.idle_step_s > 0)) {
    return refuse("the times that bound a step must be above zero");
  }
  StepPlanner planner(limits, cost);
  planner.limits_.cells_max = std::max(limits.cells, limits.cells_max);
  return planner;
}

std::uint32_t StepPlanner::length_max() const {
  const std::uint64_t cells = std::min<std::uint64_t>(limits_.cells_max, UINT32_MAX);
  return limits_.context_length == 0
             ? static_cast<std::uint32_t>(cells)
             : static_cast<std::uint32_t>(std::min<std::uint64_t>(limits_.context_length, cells));
}

std::uint64_t StepPlanner::cells_free() const { return limits_.cells > cells_used_ ? limits_.cells - cells_used_ : 0; }

// What the active ones will hold once their prompts are computed and their answers are a little longer.
std::uint64_t StepPlanner::cells_wanted() const {
  std::uint64_t sum = 0;
  for (const auto& [id, s] : sequences_) {
    if (!s.active) continue;
    const std::uint32_t to_come = s.spec.max_new_tokens - std::min(s.sent, s.spec.max_new_tokens);
    sum += std::min<std::uint64_t>(length_max(), s.known + std::min(limits_.headroom_tokens, to_come));
  }
  return sum;
}

std::optional<std::uint64_t> StepPlanner::growth_for(std::uint64_t cells, Instant now) const {
  if (cells <= limits_.cells || limits_.cells >= limits_.cells_max || cells > limits_.cells_max) return std::nullopt;
  if (growth_after_ && now < *growth_after_) return std::nullopt;
  // A quarter more than asked for: growing copies the cells, so it must not happen for every answer.
  const std::uint64_t roomy = (cells + cells / 4 + kGrowthGranule - 1) / kGrowthGranule * kGrowthGranule;
  return std::min(roomy, limits_.cells_max);
}

Admission StepPlanner::check(const SequenceSpec& spec, Instant now) const {
  Admission admission;
  const std::uint64_t least = std::uint64_t{spec.prompt_tokens} + (spec.max_new_tokens > 0 ? 1 : 0);
  if (least > length_max()) {
    admission.verdict = AdmissionVerdict::kNever;
    admission.error = Error(
        ErrorCode::kDoesNotFit,
        fmt::format("the prompt has {} tokens; with one of the answer that is {}, and the context holds {} at most",
                    spec.prompt_tokens, least, length_max()),
        "shorten the prompt or plan a longer context");
    return admission;
  }
  if (active_ >= limits_.sequences || active_ < sequences_.size()) return admission;
  const std::uint32_t headroom = std::min(limits_.headroom_tokens, spec.max_new_tokens);
  const std::uint64_t wanted =
      cells_wanted() + std::min<std::uint64_t>(length_max(), std::uint64_t{spec.prompt_tokens} + headroom);
  if (wanted <= limits_.cells || (sequences_.empty() && least <= limits_.cells)) {
    admission.verdict = AdmissionVerdict::kAdmit;
  } else if (const auto growth = growth_for(wanted, now)) {
    admission.verdict = AdmissionVerdict::kGrow;
    admission.grow_to_cells = *growth;
  } else if (sequences_.empty()) {
    admission.verdict = AdmissionVerdict::kNever;
    admission.error =
        Error(ErrorCode::kDoesNotFit,
              fmt::format("the prompt needs {} cells, the context has {} and growing it to {} was refused", least,
                          limits_.cells, limits_.cells_max),
              "free memory or shorten the prompt");
  }
  return admission;
}

Status StepPlanner::start(const SequenceSpec& spec, Instant now) {
  if (sequences_.contains(spec.id)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("sequence {} was started already", spec.id));
  }
  if (spec.prompt_tokens == 0 || spec.reused_tokens >= spec.prompt_tokens) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("sequence {} has {} tokens of which {} are reused; one at least must be computed", spec.id,
                            spec.prompt_tokens, spec.reused_tokens));
  }
  if (check(spec, now).verdict != AdmissionVerdict::kAdmit) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("sequence {} was started without room for it", spec.id));
  }
  Sequence s;
  s.spec = spec;
  s.order = next_order_++;
  s.known = spec.prompt_tokens;
  s.computed = spec.reused_tokens;
  s.started = now;
  cells_used_ += s.computed;
  ++active_;
  sequences_.emplace(spec.id, s);
  // A set that is new is as recent as the one before it: it waits its turn among the others.
  set_turns_.try_emplace(spec.adapters, step_);
  return {};
}

std::optional<Preemption> StepPlanner::next_resumable() const {
  const Sequence* oldest = nullptr;
  for (const auto& [id, s] : sequences_) {
    if (!s.active && (oldest == nullptr || s.order < oldest->order)) oldest = &s;
  }
  if (oldest == nullptr || active_ >= limits_.sequences) return std::nullopt;
  // Room for a quarter more than it has, or it would be computed again for a few tokens and put aside anew.
  const std::uint64_t headroom = std::max(limits_.headroom_tokens, oldest->known / 4);
  const std::uint64_t wanted = std::min<std::uint64_t>(length_max(), oldest->known + headroom);
  if (active_ > 0 && cells_wanted() + wanted > limits_.cells) return std::nullopt;
  return Preemption{oldest->spec.id, oldest->computed, oldest->swapped_bytes > 0};
}

Status StepPlanner::resume(SequenceId id, std::uint32_t reused_tokens) {
  const auto found = sequences_.find(id);
  if (found == sequences_.end() || found->second.active) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("sequence {} was not put aside", id));
  }
  Sequence& s = found->second;
  if (s.swapped_bytes == 0) {
    if (reused_tokens >= s.known) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("sequence {} has {} tokens, {} can't be reused", id, s.known, reused_tokens));
    }
    s.computed = reused_tokens;
  }
  swapped_bytes_ -= s.swapped_bytes;
  s.swapped_bytes = 0;
  s.active = true;
  ++active_;
  cells_used_ += s.computed;
  return {};
}

bool StepPlanner::cancel(SequenceId id) {
  if (!sequences_.contains(id)) return false;
  end(id);
  return true;
}

void StepPlanner::set_draft(SequenceId id, std::uint32_t tokens) {
  if (const auto found = sequences_.find(id); found != sequences_.end()) found->second.draft = tokens;
}

void StepPlanner::set_cells(std::uint64_t cells) {
  limits_.cells = cells;
  limits_.cells_max = std::max(limits_.cells_max, cells);
  growth_after_.reset();
  asked_at_last_ = false;
}

void StepPlanner::growth_refused(Instant now) { growth_after_ = after(now, limits_.growth_retry_s); }

std::optional<StepPlanner::Progress> StepPlanner::progress(SequenceId id) const {
  const auto found = sequences_.find(id);
  if (found == sequences_.end()) return std::nullopt;
  const Sequence& s = found->second;
  return Progress{s.known, s.computed, s.sent, s.active};
}

void StepPlanner::end(SequenceId id) {
  const auto found = sequences_.find(id);
  const Sequence& s = found->second;
  if (s.active) {
    cells_used_ -= s.computed;
    --active_;
  }
  swapped_bytes_ -= s.swapped_bytes;
  const AdapterSetId adapters = s.spec.adapters;
  sequences_.erase(found);
  const bool used = std::any_of(sequences_.begin(), sequences_.end(),
                                [&](const auto& other) { return other.second.spec.adapters == adapters; });
  if (!used) set_turns_.erase(adapters);
}

// The latest started; of those started together the one that sent the fewest tokens. One always remains, and it gets
// further: no two can put each other aside for ever.
StepPlanner::Sequence* StepPlanner::youngest() {
  if (active_ < 2) return nullptr;
  Sequence* victim = nullptr;
  for (auto& [id, s] : sequences_) {
    if (!s.active) continue;
    const bool later = victim == nullptr || s.started > victim->started ||
                       (s.started == victim->started &&
                        (s.sent < victim->sent || (s.sent == victim->sent && s.order > victim->order)));
    if (later) victim = &s;
  }
  return victim;
}

void StepPlanner::put_aside(Sequence& victim, StepPlan& plan) {
  const std::uint64_t bytes = victim.computed * limits_.cell_bytes;
  const bool room = bytes > 0 && swapped_bytes_ + bytes <= limits_.swap_budget_bytes;
  const double again_s = cost_.prefill_seconds(0, victim.computed, limits_.step_tokens);
  const bool swap = room && static_cast<double>(bytes) * limits_.swap_byte_s < again_s;
  plan.preemptions.push_back({victim.spec.id, victim.computed, swap});
  cells_used_ -= victim.computed;
  --active_;
  victim.active = false;
  victim.draft = 0;
  if (swap) {
    victim.swapped_bytes = bytes;
    swapped_bytes_ += bytes;
  } else {
    victim.computed = 0;  // `known` stays: what was sent is computed again, never sampled again
  }
}

std::vector<SequenceId> StepPlanner::complete(std::span<const StepOutcome> outcomes, double took_s) {
  std::vector<SequenceId> done;
  for (const StepItem& item : planned_) {
    const auto found = sequences_.find(item.id);
    if (found == sequences_.end() || !found->second.active) continue;  // cancelled meanwhile
    Sequence& s = found->second;
    const auto outcome = std::find_if(outcomes.begin(), outcomes.end(), [&](const auto& o) { return o.id == item.id; });
    const bool told = outcome != outcomes.end();
    const std::uint32_t accepted = told ? std::min(outcome->accepted_drafts, item.draft_tokens) : 0;
    const std::uint32_t kept = item.count - item.draft_tokens + accepted;
    s.computed += kept;
    cells_used_ += kept;
    if (item.samples) {
      s.sent += accepted + 1;
      s.known += accepted + 1;
    }
    const bool all_sent = s.sent >= s.spec.max_new_tokens && s.computed >= s.spec.prompt_tokens;
    if ((told && outcome->ended) || all_sent) done.push_back(item.id);
  }
  if (!planned_.empty()) cost_.observe(planned_load_, took_s);
  planned_.clear();
  for (const SequenceId id : done) end(id);
  return done;
}

}  // namespace hearth
