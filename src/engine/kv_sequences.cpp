// Who holds which sequence of the context: running slots, idle prefixes, and how they are given up.
#include <algorithm>

#include "engine/kv_cache_impl.h"

namespace hearth {

using State = KvSequence::State;

namespace {

// While a request waits for its slot, no longer than this is spent on saving what the slot held before.
constexpr double kSaveBeforeClaimS = 0.05;
// While running streams wait for cells. Most was saved between steps before.
constexpr double kSaveBeforeDropS = 0.2;
// A trim waits so long at most for a snapshot on SSD.
constexpr double kSnapshotWaitS = 1;

// A live entry's handle tells its sequence, and whether it is still the one that was put in.
std::uint64_t handle_of(std::size_t s, std::uint32_t generation) { return std::uint64_t{generation} << 32U | s; }

}  // namespace

std::uint64_t KvCache::Impl::used_cells() const {
  std::vector<std::size_t> all;
  for (std::size_t s = 0; s < sequences.size(); ++s) all.push_back(s);
  return cells.held_by(all);
}

std::uint64_t KvCache::Impl::running_cells() const {
  std::vector<std::size_t> some;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    if (sequences[s].state == State::kRunning) some.push_back(s);
  }
  return cells.held_by(some);
}

void KvCache::Impl::collect() {
  for (const auto& freed : index.take_freed()) {
    if (freed.tier != CacheTier::kLive) {
      blocks.freed(freed);
      continue;
    }
    const auto s = static_cast<std::size_t>(freed.handle & 0xFFFFFFFFU);
    // The index had no room for it. What was taken out on purpose has another generation by now.
    if (handle_of(s, at(s).generation) == freed.handle && at(s).state == State::kIdle) empty(s);
  }
}

// The index learns of tokens when somebody is about to ask it, not token by token.
void KvCache::Impl::index_live() {
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    KvSequence& q = at(s);
    if (!q.use_cache || q.tokens.size() == q.indexed) continue;
    const std::span<const Token> tokens = q.tokens;
    const auto bytes = static_cast<std::uint64_t>(cell_bytes * static_cast<double>(tokens.size()));
    if (q.entry != 0) {
      if (index.extend(q.entry, tokens.subspan(q.indexed), bytes))
        q.indexed = static_cast<std::uint32_t>(tokens.size());
      continue;
    }
    CacheEntry entry;
    entry.tier = CacheTier::kLive;
    entry.handle = handle_of(s, q.generation);
    entry.bytes = bytes;
    entry.divisible = true;
    const auto inserted = index.insert(q.salt, tokens, entry);
    if (!inserted) continue;
    q.entry = inserted->id;
    q.indexed = static_cast<std::uint32_t>(tokens.size());
    if (q.state == State::kRunning) (void)index.pin(q.entry);
  }
}

void KvCache::Impl::unindex(std::size_t s) {
  KvSequence& q = at(s);
  if (q.entry == 0) return;
  ++q.generation;
  index.remove(q.entry);
  if (q.state == State::kRunning) (void)index.unpin(q.entry);
  q.entry = 0;
  q.indexed = 0;
}

void KvCache::Impl::empty(std::size_t s) {
  KvSequence& q = at(s);
  if (q.restoring) end_restore(s);
  unindex(s);
  if (q.state == State::kRunning) --running;
  const auto generation = q.generation;
  (void)context->trim(static_cast<SlotId>(s), -1, -1);  // a context that can't do even this fails at the next step
  cells.cut(s, 0);
  q = {};
  q.generation = generation;
}

void KvCache::Impl::start(std::size_t s, const CacheSalt& salt, std::uint32_t prompt_tokens, bool use_cache) {
  KvSequence& q = at(s);
  if (q.state == State::kIdle && q.entry != 0) (void)index.pin(q.entry);
  if (q.state != State::kRunning) ++running;
  q.state = State::kRunning;
  q.salt = salt;
  q.prompt_tokens = prompt_tokens;
  q.kept_prompt_tail = false;
  q.use_cache = use_cache;
  q.restored = {};
  q.used_at = ++ticks;
}

std::optional<std::size_t> KvCache::Impl::oldest_idle(std::optional<std::size_t> but) const {
  std::optional<std::size_t> oldest;
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    if (sequences[s].state != State::kIdle || s == but) continue;
    if (!oldest || sequences[s].used_at < sequences[*oldest].used_at) oldest = s;
  }
  return oldest;
}

std::optional<std::size_t> KvCache::Impl::claim(std::optional<std::size_t> but) {
  for (std::size_t s = 0; s < sequences.size(); ++s) {
    if (sequences[s].state == State::kEmpty) return s;
  }
  const auto oldest = oldest_idle(but);
  if (!oldest) return std::nullopt;
  keep_due(*oldest, kSaveBeforeClaimS);
  empty(*oldest);
  return oldest;
}

void KvCache::Impl::drop_cached(std::uint64_t wanted) {
  const Instant start = now();
  const std::uint64_t before = used_cells();
  std::uint64_t left = before;
  while (before - left < wanted) {
    const auto oldest = oldest_idle();
    if (!oldest) break;
    const double budget_s = kSaveBeforeDropS - seconds_between(start, now());
    if (budget_s > 0) keep_due(*oldest, budget_s);
    empty(*oldest);
    left = used_cells();
  }
  collect();
}

void KvCache::Impl::make_cells(std::uint64_t wanted) {
  const std::uint64_t used = used_cells();
  if (used + wanted > granted.n_ctx) drop_cached(used + wanted - granted.n_ctx);
}

// The context holds the first `keep` tokens of what is written here.
void KvCache::Impl::set_tokens(std::size_t s, std::uint32_t keep) {
  KvSequence& q = at(s);
  if (q.indexed > keep) unindex(s);
  q.tokens.resize(std::min<std::size_t>(keep, q.tokens.size()));
  q.names.resize(std::min<std::size_t>(q.names.size(), keep / options.block_tokens));
  q.kept = std::min(q.kept, keep / options.block_tokens * options.block_tokens);
  std::erase_if(q.snapshots, [keep](const auto& snapshot) { return snapshot.end > keep; });
  cells.cut(s, keep);
}

Result<std::uint32_t> KvCache::Impl::trim(std::size_t s, std::uint32_t keep) {
  KvSequence& q = at(s);
  const auto slot = static_cast<SlotId>(s);
  keep = std::min(keep, static_cast<std::uint32_t>(q.tokens.size()));
  if (!cuts) {
    HEARTH_ASSIGN(range, context->range(slot));
    if (keep == q.tokens.size() && range.last + 1 == static_cast<std::int32_t>(keep)) return keep;
  } else {
    const Status trimmed =
        keep == 0 ? context->trim(slot, -1, -1) : context->trim(slot, static_cast<std::int32_t>(keep), -1);
    if (trimmed) {
      set_tokens(s, keep);
      return keep;
    }
    if (trimmed.error().code != ErrorCode::kUnsupported) return fail(Error(trimmed.error()));
    cuts = false;
  }
  return back_to_snapshot(s, keep);
}

std::uint32_t KvCache::Impl::back_to_snapshot(std::size_t s, std::uint32_t keep) {
  KvSequence& q = at(s);
  auto tokens = q.tokens;
  auto snapshots = q.snapshots;
  (void)context->trim(static_cast<SlotId>(s), -1, -1);
  set_tokens(s, 0);
  std::erase_if(snapshots, [keep](const auto& snapshot) { return snapshot.end > keep; });
  while (!snapshots.empty()) {
    const auto latest = snapshots.back();
    const BlockAddress address{q.salt, latest.name};
    if (blocks.has(latest.name)) {
      blocks.want(address);
      const Instant until = after(now(), kSnapshotWaitS);
      auto fetched = blocks.fetch(latest.name);
      for (int slice = 0; slice < 20 && fetched.state == BlockCache::Fetched::State::kWaiting && now() < until;
           ++slice) {
        blocks.wait(kSnapshotWaitS / 20);
        blocks.poll();
        fetched = blocks.fetch(latest.name);
      }
      blocks.unwant(latest.name);
      if (fetched.image && load_image(s, *fetched.image)) {
        q.tokens.assign(tokens.begin(), tokens.begin() + latest.end);
        q.snapshots = snapshots;
        cells.append(s, latest.end);
        return latest.end;
      }
    }
    snapshots.pop_back();
  }
  return 0;
}

// Whether another sequence holds all that this one does, so that keeping both is of no use.
bool KvCache::Impl::is_covered(std::size_t s) const {
  const KvSequence& q = sequences[s];
  for (std::size_t other = 0; other < sequences.size(); ++other) {
    const KvSequence& o = sequences[other];
    if (other == s || !o.use_cache || o.state == State::kEmpty || o.salt != q.salt) continue;
    if (o.tokens.size() < q.tokens.size() || (!keeps_ranges && o.tokens.size() != q.tokens.size())) continue;
    if (std::equal(q.tokens.begin(), q.tokens.end(), o.tokens.begin())) return true;
  }
  return false;
}

}  // namespace hearth
