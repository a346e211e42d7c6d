#include "sim/text_plant.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hearth {
namespace {

constexpr std::uint32_t kBlockTokens = 64;
constexpr std::uint64_t kCellBytes = 1000;  // only its ratio to the cache's budget matters here
constexpr std::size_t kViolationsKept = 20;

PrefixIndexLimits cache_limits(const PlantOptions& options) {
  PrefixIndexLimits limits;
  limits.tier_bytes = {0, options.cache_bytes, 0};
  limits.index_bytes = 4 << 20;
  return limits;
}

StepPlanner planner_of(const PlantOptions& options) {
  auto made = StepPlanner::create(options.planner, StepCost{});
  return made ? std::move(*made)
              : std::move(*StepPlanner::create(
                    [] {
                      PlannerLimits least;
                      least.cells = 1;
                      return least;
                    }(),
                    StepCost{}));
}

}  // namespace

void LogCounts::add(double value) {
  const double bin = std::log(std::max(value, 1e-5) / 1e-5) / 0.025;
  ++bins_[std::min(kBins - 1, static_cast<std::size_t>(bin))];
  ++n_;
  max_ = std::max(max_, value);
}

double LogCounts::quantile(double q) const {
  std::uint64_t rest = static_cast<std::uint64_t>(q * static_cast<double>(n_));
  for (std::size_t bin = 0; bin < kBins; ++bin) {
    if (bins_[bin] > rest) return 1e-5 * std::exp(0.025 * (static_cast<double>(bin) + 0.5));
    rest -= bins_[bin];
  }
  return max_;
}

TextPlant::TextPlant(const PlantOptions& options)
    : options_(options),
      queue_(options.queue),
      planner_(planner_of(options)),
      index_(cache_limits(options)),
      random_(options.seed),
      cells_(options.planner.cells) {
  if (const auto made = StepPlanner::create(options.planner, StepCost{}); !made) violation(made.error().message);
}

void TextPlant::violation(std::string text) {
  if (violations_.size() < kViolationsKept) {
    violations_.push_back(fmt::format("step {}: {}", counts_.steps, std::move(text)));
  }
}

void TextPlant::advance_to(Instant at) {
  if (at > now()) clock_.advance(at - now());
}

void TextPlant::run(PoissonArrivals& arrivals, double seconds) {
  const Instant end = after(now(), seconds);
  while (now() < end && violations_.empty()) {
    while (arrivals.next_at() <= now()) arrive(arrivals.take());
    if (!step()) advance_to(std::min(end, arrivals.next_at()));
  }
}

void TextPlant::drain(double at_most_s) {
  const Instant end = after(now(), at_most_s);
  while (!streams_.empty() && now() < end && violations_.empty()) {
    if (!step()) advance_to(after(now(), 0.1));
  }
  if (!streams_.empty()) violation(fmt::format("{} requests never came to an end", streams_.size()));
}

bool TextPlant::arrive(const SimRequest& request) {
  ++counts_.arrived;
  QueuedRequest queued{request.id,   request.key, request.priority, request.prompt_tokens + request.max_new_tokens,
                       std::nullopt, now()};
  if (request.deadline_s) queued.deadline = after(now(), *request.deadline_s);
  if (const auto refused = queue_.push(queued, now())) {
    ++counts_.refused;
    if (!(refused->retry_after_s >= options_.queue.retry_after_min_s)) violation("a refusal without a time to wait");
    return false;
  }
  Stream& stream = streams_[request.id];
  stream.request = request;
  stream.queued = queued;
  if (request.leaves_after_s) leaving_.emplace(after(now(), *request.leaves_after_s), request.id);
  return true;
}

void TextPlant::leave(RequestId id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  ++counts_.left;
  const bool known = found->second.running ? planner_.cancel(id) : queue_.cancel(id);
  if (!known) violation(fmt::format("request {} was lost", id));
  close(id, false);
}

std::vector<SimRequest> TextPlant::give_up() {
  take_expired();  // the queue knows them no longer
  std::vector<RequestId> all;
  for (const auto& [id, stream] : streams_) all.push_back(id);
  std::ranges::sort(all);
  std::vector<SimRequest> unsaid;
  for (const RequestId id : all) {
    const Stream& stream = streams_.at(id);
    if (stream.sent == 0) unsaid.push_back(stream.request);
    const bool known = stream.running ? planner_.cancel(id) : queue_.cancel(id);
    if (!known) violation(fmt::format("request {} was lost", id));
    close(id, false);
  }
  return unsaid;
}

void TextPlant::take_expired() {
  for (const QueuedRequest& gone : queue_.take_expired(now())) {
    ++counts_.expired;
    close(gone.id, false);
  }
}

void TextPlant::leave_due() {
  while (!leaving_.empty() && leaving_.begin()->first <= now()) {
    const RequestId id = leaving_.begin()->second;
    leaving_.erase(leaving_.begin());
    leave(id);
  }
}

bool TextPlant::step() {
  take_expired();
  leave_due();
  resume();
  if (admitting_) admit();
  if (options_.draft_tokens > 0) {
    for (const auto& [id, stream] : streams_) planner_.set_draft(id, options_.draft_tokens);
  }
  const StepPlan planned = plan();
  if (planned.items.empty()) {
    if (planner_.active() > 0) violation("active sequences and nothing to compute");
    return false;
  }
  ++counts_.steps;
  const double took_s = compute(planned);
  clock_.advance(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(took_s)));
  const std::vector<StepOutcome> outcomes = deliver(planned);
  for (const SequenceId id : planner_.complete(outcomes, took_s)) close(id, true);
  queue_.note_service(planned.load.tokens, took_s);
  check_cells();
  if (on_step) on_step(planned);
  return true;
}

void TextPlant::resume() {
  while (const auto next = planner_.next_resumable()) {
    Stream& stream = streams_.at(next->id);
    if (next->swap != (stream.aside > 0))
      violation(fmt::format("sequence {} comes back otherwise than it left", next->id));
    stream.cells = std::exchange(stream.aside, 0);
    if (const Status done = planner_.resume(next->id, 0); !done) violation(done.error().message);
  }
}

void TextPlant::admit() {
  while (const QueuedRequest* front = queue_.front(now())) {
    if (!admit_front(*front)) return;
  }
}

// False when it has to wait.
bool TextPlant::admit_front(const QueuedRequest& front) {
  Stream& stream = streams_.at(front.id);
  const SimRequest& r = stream.request;
  SequenceSpec spec{r.id, r.prompt_tokens, 0, r.max_new_tokens, r.adapters};
  Admission admission = planner_.check(spec, now());
  if (admission.verdict == AdmissionVerdict::kGrow) {
    grow(admission.grow_to_cells);
    admission = planner_.check(spec, now());
  }
  if (admission.verdict == AdmissionVerdict::kNever) {
    ++counts_.too_long;
    static_cast<void>(queue_.pop(now()));
    close(r.id, false);
    return true;
  }
  if (admission.verdict != AdmissionVerdict::kAdmit) return false;
  stream.queued = *queue_.pop(now());
  spec.reused_tokens = reusable(r);
  counts_.tokens_reused += spec.reused_tokens;
  if (const Status started = planner_.start(spec, now()); !started) violation(started.error().message);
  if (on_start) on_start(r.id);
  stream.running = true;
  stream.cells = spec.reused_tokens;
  return true;
}

void TextPlant::grow(std::uint64_t to) {
  if (to <= cells_ || to > options_.planner.cells_max) violation(fmt::format("growth from {} to {} cells", cells_, to));
  if (uniform() < options_.growth_fails) {
    planner_.growth_refused(now());
    return;
  }
  ++counts_.grown;
  cells_ = to;
  planner_.set_cells(to);
}

StepPlan TextPlant::plan() {
  StepPlan planned = planner_.plan(now());
  for (int tries = 0;; ++tries) {
    put_aside(planned);
    if (planned.grow_to_cells == 0) return planned;
    if (tries > 8) violation("growth is asked for again and again");
    grow(planned.grow_to_cells);
    planned = planner_.plan(now());
  }
}

void TextPlant::put_aside(const StepPlan& planned) {
  for (const Preemption& p : planned.preemptions) {
    Stream& stream = streams_.at(p.id);
    if (p.cells != stream.cells)
      violation(fmt::format("sequence {} holds {} cells, not {}", p.id, stream.cells, p.cells));
    ++counts_.preempted;
    counts_.swapped += p.swap ? 1 : 0;
    stream.was_aside = true;
    stream.aside = p.swap ? stream.cells : 0;
    stream.cells = 0;
  }
  for (const SequenceId id : planned.ended) {
    ++counts_.cut;
    close(id, false);
  }
}

double TextPlant::compute(const StepPlan& planned) {
  StepLoad load;
  std::set<SequenceId> seen;
  for (const StepItem& item : planned.items) {
    Stream& stream = streams_.at(item.id);
    if (!seen.insert(item.id).second) violation(fmt::format("sequence {} twice in a step", item.id));
    if (stream.request.adapters != planned.adapters) violation("two adapter sets in a step");
    if (item.first != stream.cells || item.count == 0) {
      violation(fmt::format("sequence {} at {} was given {} + {}", item.id, stream.cells, item.first, item.count));
    }
    const std::uint32_t known = stream.request.prompt_tokens + stream.sent;
    if (item.first + item.count - item.draft_tokens > known) violation("a token that is not known yet was planned");
    const bool at_end = item.first + item.count - item.draft_tokens == known;
    if (item.samples != at_end) violation(fmt::format("sequence {} samples at the wrong place", item.id));
    stream.cells += item.count;
    load.add(item.first, item.count);
  }
  // Answers first: whoever streams is in every step of its adapter set.
  for (const auto& [id, stream] : streams_) {
    const bool streams = stream.running && stream.sent > 0 && stream.cells > 0 &&
                         stream.request.prompt_tokens + stream.sent == stream.cells + 1;
    if (streams && stream.request.adapters == planned.adapters && !seen.contains(id)) {
      violation(fmt::format("stream {} was left out of a step", id));
    }
  }
  if (load.tokens > options_.planner.step_tokens) violation(fmt::format("a step of {} tokens", load.tokens));
  counts_.tokens_computed += static_cast<std::uint64_t>(load.tokens);
  check_cells();
  const double law = options_.step_s + options_.token_s * load.tokens + options_.cell_s * load.attended_cells;
  return pace_ * law * (1 + options_.noise * (2 * uniform() - 1));
}

std::vector<StepOutcome> TextPlant::deliver(const StepPlan& planned) {
  std::vector<StepOutcome> outcomes;
  for (const StepItem& item : planned.items) {
    Stream& stream = streams_.at(item.id);
    StepOutcome outcome{item.id, 0, false};
    while (outcome.accepted_drafts < item.draft_tokens && uniform() < options_.draft_accepted)
      ++outcome.accepted_drafts;
    stream.cells -= item.draft_tokens - outcome.accepted_drafts;
    if (!item.samples) continue;
    if (stream.sent == 0) remember(stream.request);
    // The index of the token that follows from the last cell, whatever the planner believes was sent.
    const std::uint32_t last = stream.cells - stream.request.prompt_tokens;
    for (std::uint32_t i = 0; i <= outcome.accepted_drafts && !outcome.ended; ++i) {
      send(stream, last - outcome.accepted_drafts + i);
      outcome.ended = stream.sent >= stream.request.answer_tokens;
    }
    outcomes.push_back(outcome);
  }
  return outcomes;
}

void TextPlant::send(Stream& stream, std::uint32_t index) {
  if (index != stream.sent) {
    violation(fmt::format("stream {} had {} tokens and was sent token {}", stream.request.id, stream.sent, index));
  }
  if (stream.sent == 0) {
    const double ttft = seconds_between(stream.request.arrived, now());
    counts_.ttft_s.add(ttft);
    ttft_by_key_[stream.request.key].add(ttft);
  } else {
    const double gap = seconds_between(stream.last_sent, now());
    counts_.gap_s.add(gap);
    stream.gaps.push_back(static_cast<float>(gap));
  }
  ++stream.sent;
  ++counts_.tokens_sent;
  ++sent_by_key_[stream.request.key];
  stream.last_sent = now();
}

void TextPlant::judge_gaps(const Stream& stream) {
  if (stream.gaps.size() < 8 || stream.was_aside) return;
  std::vector<float> sorted = stream.gaps;
  std::sort(sorted.begin(), sorted.end());
  const double allowed = std::max(0.5, 8.0 * sorted[sorted.size() / 2]);
  counts_.worst_gap_s = std::max(counts_.worst_gap_s, double{sorted.back()});
  counts_.worst_gap_share = std::max(counts_.worst_gap_share, sorted.back() / allowed);
  if (sorted.back() > allowed) ++counts_.late_gaps;
}

void TextPlant::close(RequestId id, bool completely) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) {
    violation(fmt::format("request {} ended twice", id));
    return;
  }
  const Stream& stream = found->second;
  if (completely) {
    ++counts_.finished;
    if (stream.sent != std::min(stream.request.answer_tokens, stream.request.max_new_tokens)) {
      violation(fmt::format("request {} ended after {} tokens", id, stream.sent));
    }
  }
  if (stream.running) {
    judge_gaps(stream);
    queue_.settle(stream.queued, stream.request.prompt_tokens + stream.sent);
  }
  if (stream.request.leaves_after_s) {
    leaving_.erase({after(stream.queued.arrived, *stream.request.leaves_after_s), id});
  }
  streams_.erase(found);
  if (on_end) on_end(id, completely);
}

void TextPlant::check_cells() {
  std::uint64_t used = 0;
  std::size_t holding = 0;
  for (const auto& [id, stream] : streams_) {
    used += stream.cells;
    holding += stream.cells > 0 ? 1 : 0;
  }
  if (used > cells_) violation(fmt::format("{} cells are used, {} are there", used, cells_));
  if (holding > options_.planner.sequences) violation(fmt::format("{} sequences hold cells", holding));
}

std::vector<Token> TextPlant::prompt(const SimRequest& request) const {
  std::vector<Token> tokens(request.prompt_tokens);
  for (std::uint32_t i = 0; i < request.prompt_tokens; ++i) {
    const std::uint64_t of = i < request.family_tokens ? request.family : request.id + 1'000'000;
    tokens[i] = static_cast<Token>((of * 2654435761U + i * 40503U) % 32000);
  }
  return tokens;
}

std::uint32_t TextPlant::reusable(const SimRequest& request) {
  if (options_.cache_bytes == 0) return 0;
  const std::vector<Token> tokens = prompt(request);
  const PrefixMatch match = index_.match({}, std::span(tokens).first(tokens.size() - 1));
  const PrefixLease lease = index_.acquire(match);
  return match.tokens();
}

void TextPlant::remember(const SimRequest& request) {
  if (options_.cache_bytes == 0) return;
  const std::vector<Token> tokens = prompt(request);
  for (std::uint32_t begin = 0; begin + kBlockTokens <= tokens.size(); begin += kBlockTokens) {
    const CacheEntry entry{CacheTier::kRam, request.id, kBlockTokens * kCellBytes, begin, false};
    const auto inserted = index_.insert({}, std::span(tokens).first(begin + kBlockTokens), entry);
    if (!inserted) violation(inserted.error().message);
  }
  static_cast<void>(index_.take_freed());
  if (index_.bytes(CacheTier::kRam) > options_.cache_bytes) violation("the cache is larger than its budget");
}

}  // namespace hearth
