// What of a prompt is reused: cells of live sequences at once, blocks step by step.
#include <algorithm>

#include "engine/kv_cache_impl.h"

namespace hearth {

using State = KvSequence::State;

namespace {

// The first request with a salt waits so long for what the disk has of it.
constexpr double kLearnS = 0.25;
// Of one slot's blocks that are read or wait in memory to be put in.
constexpr std::uint64_t kReadAheadBytes = std::uint64_t{64} << 20U;
constexpr std::uint32_t kChunkTokens = 512;  // of a prefill step, for judging what computing would take

}  // namespace

// Whether the first `end` positions of a sequence can be taken over by another.
bool KvCache::Impl::can_share(std::size_t s, std::uint32_t end) {
  if (end == at(s).tokens.size()) return true;
  if (info.is_recurrent || !cuts) return false;
  if (info.n_swa == 0) return true;
  // A sliding window needs the cells before the cut, which a longer sequence may have dropped.
  const auto range = context->range(static_cast<SlotId>(s));
  return range && range->first <= std::max(0, static_cast<std::int32_t>(end) - static_cast<std::int32_t>(info.n_swa));
}

// The longest reuse, in which a live sequence only appears where it can really be shared.
KvCache::Impl::Found KvCache::Impl::find(const CacheSalt& salt, std::span<const Token> tokens) {
  index_live();
  Found found;
  while (true) {
    found.match = index.match(salt, tokens);
    found.source.reset();
    const auto& segments = found.match.segments;
    const auto live = std::ranges::find(segments, CacheTier::kLive, &CacheSegment::tier);
    if (live == segments.end()) return found;
    const auto s = static_cast<std::size_t>(live->handle & 0xFFFFFFFFU);
    if (live == segments.begin() && can_share(s, live->end)) {
      found.source = s;
      return found;
    }
    unindex(s);  // until the index is next asked
  }
}

// A sequence that holds the first `end` tokens of the found one.
Result<std::size_t> KvCache::Impl::take_live(const Found& found, std::uint32_t end) {
  const std::size_t source = *found.source;
  const bool is_idle = at(source).state == State::kIdle;
  if (is_idle && at(source).tokens.size() == end) return source;
  const auto target = claim(source);
  if (!target) {  // no other place: what it holds beyond is given up
    keep_due(source, 0);
    HEARTH_TRY(context->trim(static_cast<SlotId>(source), static_cast<std::int32_t>(end), -1));
    set_tokens(source, end);
    return source;
  }
  const bool whole = at(source).tokens.size() == end;
  HEARTH_TRY(context->copy(static_cast<SlotId>(source), static_cast<SlotId>(*target), whole ? -1 : 0,
                           whole ? -1 : static_cast<std::int32_t>(end)));
  KvSequence& q = at(*target);
  const KvSequence& from = at(source);
  q.tokens.assign(from.tokens.begin(), from.tokens.begin() + end);
  const std::size_t blocks_held = end / options.block_tokens;
  q.names.assign(from.names.begin(),
                 from.names.begin() + static_cast<std::ptrdiff_t>(std::min(blocks_held, from.names.size())));
  q.kept = std::min(from.kept, end / options.block_tokens * options.block_tokens);
  for (const auto& snapshot : from.snapshots) {
    if (snapshot.end <= end) q.snapshots.push_back(snapshot);
  }
  cells.share(source, *target, 0, end);
  at(source).used_at = ++ticks;
  return *target;
}

void KvCache::Impl::plan_restore(std::size_t s, const PrefixMatch& match, std::span<const Token> prompt,
                                 const StepCost& cost) {
  auto plan = std::make_unique<Restoring>();
  PrefixMatch held;
  for (const auto& segment : match.segments) {
    if (segment.tier == CacheTier::kLive) continue;
    held.segments.push_back(segment);
    plan->steps.push_back({segment.tier, blocks.address(segment.handle), segment.begin, segment.end, segment.bytes});
  }
  if (plan->steps.empty()) return;
  plan->lease = index.acquire(held);
  plan->tokens.assign(prompt.begin(), prompt.begin() + plan->steps.back().end);
  plan->cost = cost;
  read_ahead(*plan);
  at(s).restoring = std::move(plan);
}

void KvCache::Impl::read_ahead(Restoring& plan) {
  std::uint64_t bytes = 0;
  for (std::size_t i = plan.next; i < plan.steps.size(); ++i) {
    RestoreStep& step = plan.steps[i];
    bytes += step.bytes;
    if (i > plan.next && bytes > kReadAheadBytes) return;
    if (!std::exchange(step.wanted, true)) blocks.want(step.at);
  }
}

// The files of a path count as used, its beginning most of all: a chain must lose its end first.
void KvCache::Impl::touch_chain(const KvSequence& sequence, std::span<const Token> tokens) {
  if (!blocks.has_disk()) return;
  KvSequence chain;
  chain.salt = sequence.salt;
  chain.tokens.assign(tokens.begin(), tokens.end());
  chain.names = sequence.names;
  if (keeps_ranges) extend_names(chain, static_cast<std::uint32_t>(tokens.size()));
  for (auto snapshot = sequence.snapshots.rbegin(); snapshot != sequence.snapshots.rend(); ++snapshot) {
    chain.names.push_back(snapshot->name);
  }
  blocks.touch(sequence.salt, std::move(chain.names));
}

Result<KvCache::Opening> KvCache::open(const CacheSalt& salt, std::span<const Token> prompt, bool use_cache,
                                       const StepCost& cost) {
  Impl& m = *impl_;
  if (prompt.empty()) return fail(ErrorCode::kInvalidArgument, "a request without a token has no slot to open");
  if (m.running >= m.options.slots) {
    return fail(ErrorCode::kOverloaded, "all slots of the context are taken; try again when a request has ended");
  }
  m.blocks.poll();
  Impl::Found found;
  if (use_cache) {
    const double recompute_s = cost.prefill_seconds(0, static_cast<double>(prompt.size()), kChunkTokens);
    m.blocks.learn(salt, std::min(kLearnS, recompute_s));
    m.collect();
    found = m.find(salt, prompt.first(prompt.size() - 1));
    const auto count = static_cast<std::uint32_t>(prompt.size());
    const auto choice = choose_restore(found.match, count, {{nullptr, &m.ram_cost, &m.ssd_cost}, &cost, kChunkTokens});
    found.match.segments.resize(choice.segments);
    if (choice.segments == 0) found.source.reset();
  }
  std::optional<std::size_t> s;
  const PrefixLease held = m.index.acquire(found.match);  // claiming a slot gives up others
  if (found.source) {
    const auto taken = m.take_live(found, found.match.segments.front().end);
    if (taken) {
      s = *taken;
    } else {
      if (taken.error().code == ErrorCode::kWorkerCrashed) return fail(Error(taken.error()));
      if (taken.error().code == ErrorCode::kUnsupported) m.cuts = false;
      found.match.segments.clear();
    }
  }
  if (!s) s = m.claim();
  m.start(*s, salt, static_cast<std::uint32_t>(prompt.size()), use_cache);
  KvSequence& q = m.at(*s);
  q.restored.tokens[0] = static_cast<std::uint32_t>(q.tokens.size());
  m.plan_restore(*s, found.match, prompt, cost);
  if (use_cache && !found.match.segments.empty()) m.touch_chain(q, prompt.first(found.match.tokens()));
  if (!q.restoring) m.end_restore(*s);
  m.collect();
  return Opening{static_cast<SlotId>(*s), q.restoring != nullptr};
}

void KvCache::Impl::end_restore(std::size_t s) {
  KvSequence& q = at(s);
  if (q.restoring) {
    for (const auto& step : q.restoring->steps) {
      if (step.wanted) blocks.unwant(step.at.name);
    }
    q.restoring.reset();
  }
  if (!q.use_cache) return;
  for (std::size_t tier = 0; tier < kCacheTiers; ++tier) hit_tokens[tier] += q.restored.tokens[tier];
  missed_tokens += q.prompt_tokens - std::min(q.prompt_tokens, q.restored.total());
}

// Waiting for the disk has taken as long as computing what it was to bring.
bool KvCache::Impl::is_too_late(const Restoring& plan) const {
  if (!plan.waiting_since) return false;
  const double begin = plan.steps[plan.next].begin;
  const double recompute_s =
      plan.cost.prefill_seconds(begin, static_cast<double>(plan.tokens.size()) - begin, kChunkTokens);
  return seconds_between(*plan.waiting_since, now()) > recompute_s;
}

Result<KvCache::Restored> KvCache::restore(SlotId slot, double budget_s) {
  Impl& m = *impl_;
  const std::size_t s = m.index_of(slot);
  const Instant start = m.now();
  using Ready = BlockCache::Fetched::State;
  while (m.at(s).restoring) {
    KvSequence& q = m.at(s);
    Restoring& plan = *q.restoring;
    m.blocks.poll();
    m.read_ahead(plan);
    const RestoreStep step = plan.steps[plan.next];
    const auto fetched = m.blocks.fetch(step.at.name);
    const double left_s = budget_s - seconds_between(start, m.now());
    if (fetched.state == Ready::kWaiting) {
      if (!plan.waiting_since) plan.waiting_since = m.now();
      if (m.is_too_late(plan)) {
        m.end_restore(s);
        break;
      }
      if (left_s <= 0) return Restored{false, q.restored.tokens};
      m.blocks.wait(std::min(left_s, 0.05));
      if (m.now() == start) return Restored{false, q.restored.tokens};  // a clock that stands still
      continue;
    }
    plan.waiting_since.reset();
    const Instant begun = m.now();
    const Status put = fetched.image ? m.put_in(s, step, *fetched.image)
                                     : Status(fail(ErrorCode::kNotFound, "the cached block is no longer there"));
    if (!put) {
      m.end_restore(s);
      if (put.error().code == ErrorCode::kWorkerCrashed) return fail(Error(put.error()));
      if (put.error().code == ErrorCode::kInvalidData) m.blocks.drop_damaged(step.at);
      break;
    }
    const double took_s = seconds_between(begun, m.now()) + fetched.read_s;
    (step.tier == CacheTier::kRam ? m.ram_cost : m.ssd_cost).observe(step.bytes, took_s);
    q.restored.tokens[static_cast<std::size_t>(step.tier)] += step.end - step.begin;
    m.blocks.promote(std::span<const Token>(plan.tokens).first(step.end), step.begin, step.at, fetched.image);
    if (++plan.next == plan.steps.size()) m.end_restore(s);
    if (m.at(s).restoring && seconds_between(start, m.now()) >= budget_s) return Restored{false, q.restored.tokens};
  }
  m.collect();
  return Restored{true, m.at(s).restored.tokens};
}

Status KvCache::Impl::load_image(std::size_t into, const BlockImage& image) {
  auto rest = block_payload(image);
  const Status loaded = context->restore(static_cast<SlotId>(into), [&rest](std::span<std::byte> out) {
    const std::size_t n = std::min(out.size(), rest.size());
    std::copy_n(rest.begin(), n, out.begin());
    rest = rest.subspan(n);
    return n;
  });
  if (!loaded) (void)context->trim(static_cast<SlotId>(into), -1, -1);
  return loaded;
}

Status KvCache::Impl::put_in(std::size_t s, const RestoreStep& step, const BlockImage& image) {
  make_cells(step.end - step.begin);
  const bool is_direct = step.begin == 0;
  const std::size_t into = is_direct ? s : scratch;
  HEARTH_TRY(load_image(into, image));
  const auto range = context->range(static_cast<SlotId>(into));
  Status done;
  if (!range || range->last + 1 != static_cast<std::int32_t>(step.end)) {
    done = fail(ErrorCode::kInvalidData, "the cached block holds other positions than it says");
  } else if (!is_direct) {
    done = context->copy(static_cast<SlotId>(into), static_cast<SlotId>(s), static_cast<std::int32_t>(step.begin),
                         static_cast<std::int32_t>(step.end));
  }
  if (!is_direct || !done) (void)context->trim(static_cast<SlotId>(into), -1, -1);
  if (!done) return done;
  KvSequence& q = at(s);
  const auto& tokens = q.restoring->tokens;
  q.tokens.insert(q.tokens.end(), tokens.begin() + step.begin, tokens.begin() + step.end);
  cells.append(s, step.end - step.begin);
  if (!keeps_ranges) q.snapshots.push_back({step.end, step.at.name});
  return {};
}

}  // namespace hearth
