// What a step computes: answers first, then as much of the prompts as its time allows.
#include "schedule/step_planner.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace hearth {

StepPlan StepPlanner::plan(Instant now) {
  StepPlan plan;
  planned_.clear();
  end_full(plan);
  // Growing before cells run out: asked for late, it would have to put an answer aside.
  if (const auto growth = growth_for(std::min(cells_wanted(), limits_.cells_max), now)) {
    plan.grow_to_cells = *growth;
    return plan;
  }
  while (active_ > 0) {
    const std::vector<Sequence*> members = choose_set(plan);
    const auto decodes = static_cast<std::uint64_t>(
        std::count_if(members.begin(), members.end(), [](const Sequence* s) { return s->decoding(); }));
    if (cells_free() >= std::max<std::uint64_t>(1, decodes)) {
      fill(members, plan, now);
      break;
    }
    if (!make_room(decodes, plan, now)) return plan;
  }
  if (plan.items.empty()) return plan;
  ++step_;
  set_turns_[plan.adapters] = step_;
  const std::uint64_t held = cells_used_ + static_cast<std::uint64_t>(plan.load.tokens) + cached_cells_;
  plan.drop_cached_cells = held > limits_.cells ? std::min(held - limits_.cells, cached_cells_) : 0;
  plan.expected_s = cost_.seconds(plan.load);
  planned_ = plan.items;
  planned_load_ = plan.load;
  return plan;
}

void StepPlanner::end_full(StepPlan& plan) {
  for (const auto& [id, s] : sequences_) {
    if (s.active && s.known > length_max()) plan.ended.push_back(id);
  }
  for (const SequenceId id : plan.ended) end(id);
}

// One more victim aside, or growth; false when the context has to grow before anything else.
bool StepPlanner::make_room(std::uint64_t cells, StepPlan& plan, Instant now) {
  if (const auto growth = growth_for(cells_used_ + std::max<std::uint64_t>(1, cells), now)) {
    plan.grow_to_cells = *growth;
    return false;
  }
  if (Sequence* victim = youngest()) {
    put_aside(*victim, plan);
    return true;
  }
  // Nobody is left to give way. Refused growth is asked for once more before an answer ends for want of cells.
  const std::uint64_t wanted = cells_used_ + 1;
  if (growth_after_ && !asked_at_last_ && limits_.cells < limits_.cells_max && wanted <= limits_.cells_max) {
    asked_at_last_ = true;
    growth_after_.reset();
    plan.grow_to_cells = *growth_for(wanted, now);
    return false;
  }
  asked_at_last_ = false;
  const auto last = std::find_if(sequences_.begin(), sequences_.end(), [](const auto& s) { return s.second.active; });
  plan.ended.push_back(last->first);
  end(last->first);
  return true;
}

// The members of the set that has waited longest for its turn.
std::vector<StepPlanner::Sequence*> StepPlanner::choose_set(StepPlan& plan) {
  const auto turn = [this](const Sequence& s) { return std::pair(set_turns_[s.spec.adapters], s.spec.adapters); };
  const Sequence* next = nullptr;
  for (const auto& [id, s] : sequences_) {
    if (s.active && (next == nullptr || turn(s) < turn(*next))) next = &s;
  }
  plan.adapters = next->spec.adapters;
  std::vector<Sequence*> members;
  for (auto& [id, s] : sequences_) {
    if (s.active && s.spec.adapters == plan.adapters) members.push_back(&s);
  }
  return members;
}

// A stream waits while every other set has its turn, so the sets divide the time that it may wait.
double StepPlanner::step_limit_s(const StepLoad& decodes) const {
  std::set<AdapterSetId> sets;
  bool streaming = false;
  for (const auto& [id, s] : sequences_) {
    if (!s.active) continue;
    sets.insert(s.spec.adapters);
    streaming = streaming || s.sent > 0;
  }
  const double stall = std::max(limits_.stall_s, limits_.stall_ratio * cost_.seconds(decodes));
  return (streaming ? limits_.stall_share * stall : limits_.idle_step_s) / static_cast<double>(sets.size());
}

std::uint64_t StepPlanner::room(const StepPlan& plan) const {
  const auto taken = static_cast<std::uint64_t>(plan.load.tokens);
  return std::min(cells_free() - taken, limits_.step_tokens - taken);
}

void StepPlanner::fill(const std::vector<Sequence*>& members, StepPlan& plan, Instant now) {
  std::vector<Sequence*> prompts;
  for (Sequence* s : members) {
    if (!s->decoding()) {
      prompts.push_back(s);
      continue;
    }
    plan.items.push_back({s->spec.id, s->computed, 1, 0, true, true});
    plan.load.add(s->computed, 1);
  }
  const double limit_s = step_limit_s(plan.load);
  for (StepItem& item : plan.items) {
    Sequence& s = sequences_.at(item.id);
    item.draft_tokens = draft(s, limit_s, plan);
    item.count += item.draft_tokens;
    plan.load.add(item.first + 1, item.draft_tokens);
    s.draft = 0;
  }
  add_prompts(std::move(prompts), limit_s, plan, now);
}

std::uint32_t StepPlanner::draft(const Sequence& s, double limit_s, const StepPlan& plan) const {
  const std::uint32_t to_send = s.spec.max_new_tokens - s.sent;  // the step sends one more than it guesses right
  std::uint64_t most = std::min<std::uint64_t>(s.draft, to_send > 0 ? to_send - 1 : 0);
  most = std::min<std::uint64_t>(most, length_max() - std::min(length_max(), s.known));
  most = std::min(most, room(plan));
  return cost_.tokens_within(limit_s, plan.load, s.known, static_cast<std::uint32_t>(most));
}

// Shortest first, but each counts as shorter the longer it waits: however many short ones come, a long one has its
// turn. Answers that were put aside come before all prompts: someone is watching them.
void StepPlanner::add_prompts(std::vector<Sequence*> prompts, double limit_s, StepPlan& plan, Instant now) {
  const double chunk_s = cost_.prefill_seconds(0, limits_.chunk_tokens, limits_.chunk_tokens);
  const double aging = limits_.aging_share * limits_.chunk_tokens / std::max(1e-9, chunk_s);
  const auto rank = [&](const Sequence* s) {
    const double length = s->remaining() - aging * seconds_between(s->started, now);
    return std::tuple(s->sent == 0, length, s->order);
  };
  std::sort(prompts.begin(), prompts.end(), [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
  bool any = false;
  const bool one_only = limits_.one_prompt_beside_answers && !plan.items.empty();
  for (Sequence* s : prompts) {
    if (one_only && any) return;
    const std::uint32_t count = chunk(*s, limit_s, !any, plan);
    if (count == 0) continue;
    any = true;
    const bool samples = count == s->remaining() && s->spec.max_new_tokens > 0;
    plan.items.push_back({s->spec.id, s->computed, count, 0, false, samples});
    plan.load.add(s->computed, count);
    // Its answer streams from here on: whatever came after it in the step would hold up the second token.
    if (samples && limits_.one_prompt_beside_answers) return;
  }
}

// Ends at the prompt's end or at a multiple of the largest chunk size, so that its blocks can be found again. Alone it
// is cut at multiples of that size doubled as often as the time allows: the same prompt is then cut alike from one run
// to the next although the measured times differ a little. Forced: the smallest chunk whatever it takes, since a prompt
// that never advances would be worse than a late token.
std::uint32_t StepPlanner::chunk(const Sequence& s, double limit_s, bool forced, const StepPlan& plan) const {
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(UINT32_MAX, room(plan)));
  const std::uint32_t within = cost_.tokens_within(limit_s, plan.load, s.computed, most);
  std::uint32_t largest = limits_.chunk_tokens;
  while (largest <= within / 2) largest *= 2;
  const bool alone = plan.items.empty();
  const std::uint32_t left = in_one_go(s);
  if (left <= (alone ? std::min(within, largest) : within)) return left;
  if (!alone) {
    const std::uint32_t end = (s.computed + within) / limits_.chunk_tokens * limits_.chunk_tokens;
    if (end > s.computed) return end - s.computed;
  }
  for (std::uint32_t size = largest; size >= limits_.chunk_tokens_min; size /= 2) {
    // The next multiple, so that chunks are of one size however much more there would be time for.
    const std::uint32_t to_end = size - s.computed % size;
    if (to_end <= within) return std::min(to_end, left);
  }
  const std::uint32_t least = limits_.chunk_tokens_min - s.computed % limits_.chunk_tokens_min;
  return forced ? std::min({least, left, most}) : 0;
}

// How much of what is left of a prompt one step may compute.
std::uint32_t StepPlanner::in_one_go(const Sequence& s) const {
  return limits_.last_token_apart && s.remaining() > 1 ? s.remaining() - 1 : s.remaining();
}

}  // namespace hearth
