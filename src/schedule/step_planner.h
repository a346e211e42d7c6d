// Decides, step by step, which tokens of which sequences a model computes next (iteration-level batching).
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "hearth/result.h"
#include "schedule/schedule_types.h"
#include "schedule/step_cost.h"

namespace hearth {

struct PlannerLimits {
  std::uint32_t sequences = 8;         // slots of the context
  std::uint32_t step_tokens = 512;     // a step's batch; at least `sequences`
  std::uint32_t chunk_tokens = 64;     // prompts are cut at multiples of this ...
  std::uint32_t chunk_tokens_min = 8;  // ... or of a half, a quarter ... of it where a step would take too long
  std::uint32_t context_length = 0;    // of one sequence; 0 = as many as there are cells
  std::uint64_t cells = 0;             // the context has
  std::uint64_t cells_max = 0;         // it may grow to; as `cells` where smaller
  std::uint32_t headroom_tokens = 32;  // kept free for each running answer before a prompt is let in
  // No running stream shall wait longer than the larger of a time and a multiple of a step without prompts.
  // Source: the acceptance bound of the engine (0.5 s, 8 x the median); the share is what noise leaves of it.
  double stall_s = 0.5;
  double stall_ratio = 8;
  double stall_share = 0.7;
  // While answers stream, a step takes in one prompt: for engines that compute each prompt in a call of its own.
  bool one_prompt_beside_answers = false;
  // A prompt's last token is a step of its own: for caches of whole states, which the same prompt can only use from
  // there.
  bool last_token_apart = false;
  double idle_step_s = 1;    // a step's length while no answer streams: a new request waits at most this
  double aging_share = 0.5;  // a waiting prompt counts as shorter by this share of what could be computed meanwhile
  double growth_retry_s = 5;
  // What a preempted sequence costs to put aside. No budget: it is always recomputed.
  std::uint64_t swap_budget_bytes = 0;
  std::uint64_t cell_bytes = 0;
  double swap_byte_s = 0;  // seconds to write and read back a byte
};

struct SequenceSpec {
  SequenceId id = 0;
  std::uint32_t prompt_tokens = 0;
  std::uint32_t reused_tokens = 0;   // leading tokens whose cells are there already; fewer than prompt_tokens
  std::uint32_t max_new_tokens = 0;  // 0: the prompt is only computed
  AdapterSetId adapters = 0;
};

enum class AdmissionVerdict {
  kAdmit,
  kWait,   // for a slot or for cells; ask again after a step
  kGrow,   // the context has to grow first; set_cells() or growth_refused(), then ask again
  kNever,  // larger than the context can become
};
struct Admission {
  AdmissionVerdict verdict = AdmissionVerdict::kWait;
  std::uint64_t grow_to_cells = 0;
  std::optional<Error> error;  // for kNever: kDoesNotFit with the numbers
};

// Tokens [first, first + count) of a sequence. A decode item is the last token sent plus `draft_tokens` guessed ones.
struct StepItem {
  SequenceId id = 0;
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint32_t draft_tokens = 0;
  bool decode = false;
  bool samples = false;  // logits of the last token (of all, with a draft) give the next one
};

struct Preemption {
  SequenceId id = 0;
  std::uint32_t cells = 0;
  bool swap = false;  // its state is saved and restored; otherwise its tokens are computed again
};

// Carry out in this order: drop cached cells, put victims aside, end `ended`, compute `items`.
struct StepPlan {
  std::vector<StepItem> items;
  AdapterSetId adapters = 0;
  std::vector<Preemption> preemptions;
  std::vector<SequenceId> ended;    // the context holds no further token of theirs: finish reason "length"
  std::uint64_t grow_to_cells = 0;  // not 0: no items; do the rest, grow the context, plan again
  std::uint64_t drop_cached_cells = 0;
  StepLoad load;
  double expected_s = 0;
};

struct StepOutcome {
  SequenceId id = 0;
  std::uint32_t accepted_drafts = 0;
  bool ended = false;  // a stop token or string
};

// Owns what is known of each sequence: tokens known (prompt and sent), tokens computed (cells), and whether it is
// active or put aside. Sequences of one adapter set share a step; sets take turns. Externally synchronised; nothing
// here blocks.
//
// The cycle: resume next_resumable() while there is one; start() what check() admits; plan(); compute; complete().
class StepPlanner {
 public:
  // kInvalidArgument names the limit that has no meaning.
  static Result<StepPlanner> create(const PlannerLimits& limits, const StepCost& cost);

  // Cost: O(sequences), as everything here.
  [[nodiscard]] Admission check(const SequenceSpec& spec, Instant now) const;
  // kInvalidArgument: an id in use, no tokens, or more reused than the prompt has. Call only when check() admits.
  [[nodiscard]] Status start(const SequenceSpec& spec, Instant now);
  // The oldest sequence put aside, when there is room for it again. Goes before anything that waits.
  [[nodiscard]] std::optional<Preemption> next_resumable() const;
  // `reused_tokens` of a recomputed one may come from a cache; a swapped one has all of its cells back.
  [[nodiscard]] Status resume(SequenceId id, std::uint32_t reused_tokens);
  // Forgets it at once, also between plan() and complete(). False when not known.
  bool cancel(SequenceId id);
  // Guessed tokens to verify with the next decode of `id`; fewer are planned where the step has no room.
  void set_draft(SequenceId id, std::uint32_t tokens);

  // Cells of idle cached sequences; given up before anything else is.
  void set_cached_cells(std::uint64_t cells) { cached_cells_ = cells; }
  void set_cells(std::uint64_t cells);
  // At once from now on, one at least and no more than there are slots; those that run go on.
  void set_sequences(std::uint32_t sequences) { limits_.sequences = std::max(1U, sequences); }
  void growth_refused(Instant now);

  [[nodiscard]] StepPlan plan(Instant now);
  // Outcomes of the items that sampled, in any order; one that is missing counts as "a token, going on".
  // Returns the sequences that are done and forgotten: those that ended and those at their max_new_tokens.
  [[nodiscard]] std::vector<SequenceId> complete(std::span<const StepOutcome> outcomes, double took_s);
  // The step failed and left the caches as they were: nothing of it happened.
  void abandon() { planned_.clear(); }

  struct Progress {
    std::uint32_t known = 0;
    std::uint32_t computed = 0;
    std::uint32_t sent = 0;
    bool active = false;
  };
  [[nodiscard]] std::optional<Progress> progress(SequenceId id) const;
  [[nodiscard]] std::uint64_t cells_used() const { return cells_used_; }
  [[nodiscard]] std::size_t active() const { return active_; }
  [[nodiscard]] std::size_t put_aside() const { return sequences_.size() - active_; }
  [[nodiscard]] bool idle() const { return sequences_.empty(); }
  [[nodiscard]] const StepCost& cost() const { return cost_; }

 private:
  struct Sequence {
    SequenceSpec spec;
    std::uint64_t order = 0;  // of starting
    std::uint32_t known = 0;
    std::uint32_t computed = 0;
    std::uint32_t sent = 0;
    std::uint32_t draft = 0;
    Instant started;
    bool active = true;
    std::uint64_t swapped_bytes = 0;

    [[nodiscard]] std::uint32_t remaining() const { return known - computed; }
    [[nodiscard]] bool decoding() const { return sent > 0 && remaining() == 1; }
  };

  StepPlanner(const PlannerLimits& limits, const StepCost& cost) : limits_(limits), cost_(cost) {}

  [[nodiscard]] std::uint64_t cells_free() const;  // cached ones count as free
  [[nodiscard]] std::uint64_t cells_wanted() const;
  [[nodiscard]] std::uint32_t length_max() const;
  [[nodiscard]] std::optional<std::uint64_t> growth_for(std::uint64_t cells, Instant now) const;
  [[nodiscard]] Sequence* youngest();
  void put_aside(Sequence& victim, StepPlan& plan);
  void end(SequenceId id);
  [[nodiscard]] bool make_room(std::uint64_t cells, StepPlan& plan, Instant now);
  void end_full(StepPlan& plan);
  [[nodiscard]] std::vector<Sequence*> choose_set(StepPlan& plan);
  [[nodiscard]] double step_limit_s(const StepLoad& decodes) const;
  void fill(const std::vector<Sequence*>& members, StepPlan& plan, Instant now);
  void add_prompts(std::vector<Sequence*> prompts, double limit_s, StepPlan& plan, Instant now);
  [[nodiscard]] std::uint32_t chunk(const Sequence& s, double limit_s, bool forced, const StepPlan& plan) const;
  [[nodiscard]] std::uint32_t in_one_go(const Sequence& s) const;
  [[nodiscard]] std::uint32_t draft(const Sequence& s, double limit_s, const StepPlan& plan) const;
  [[nodiscard]] std::uint64_t room(const StepPlan& plan) const;

  PlannerLimits limits_;
  StepCost cost_;
  std::map<SequenceId, Sequence> sequences_;
  std::map<AdapterSetId, std::uint64_t> set_turns_;  // step in which a set was last computed
  std::vector<StepItem> planned_;
  StepLoad planned_load_;
  std::size_t active_ = 0;
  std::uint64_t cells_used_ = 0;
  std::uint64_t cached_cells_ = 0;
  std::uint64_t swapped_bytes_ = 0;
  std::uint64_t next_order_ = 0;
  std::uint64_t step_ = 0;
  bool asked_at_last_ = false;           // growth, although it was refused, since one sequence alone had no room
  std::optional<Instant> growth_after_;  // growing was refused; not asked for again before
};

}  // namespace hearth
