// What is saved of the sequences: whole blocks of their cells, or snapshots where cells can't be taken apart.
#include <algorithm>

#include "engine/kv_cache_impl.h"

namespace hearth {

using State = KvSequence::State;

namespace {

// A snapshot holds all tokens before it, so they are taken so far apart that all of a sequence's together are no more
// than about five times its last one.
constexpr std::uint32_t kSnapshotShare = 4;
// A tail shorter than this part of a block is sooner computed than looked after.
constexpr std::uint32_t kTailShare = 16;
constexpr std::size_t kStateHeadBytes = 4096;  // room for what runtimes put before the cells

}  // namespace

void KvCache::Impl::extend_names(KvSequence& sequence, std::uint32_t tokens) const {
  const std::size_t size = options.block_tokens;
  while ((sequence.names.size() + 1) * size <= tokens) {
    BlockKey key;
    key.salt = sequence.salt;
    if (!sequence.names.empty()) key.parent = sequence.names.back();
    key.begin = static_cast<std::uint32_t>(sequence.names.size() * size);
    key.tokens = std::span<const Token>(sequence.tokens).subspan(key.begin, size);
    sequence.names.push_back(block_name(key));
  }
}

bool KvCache::Impl::is_due(const KvSequence& sequence) const {
  return has_blocks(sequence) && sequence.kept + options.block_tokens <= sequence.tokens.size();
}

bool KvCache::Impl::has_blocks(const KvSequence& sequence) const {
  return keeps_ranges && sequence.use_cache && sequence.state != State::kEmpty && !sequence.restoring &&
         blocks.enabled();
}

// What the same prompt can reuse ends one token before its end, seldom at a block's.
bool KvCache::Impl::is_prompt_tail_due(const KvSequence& sequence) const {
  return has_blocks(sequence) && !sequence.kept_prompt_tail && sequence.prompt_tokens > 1 &&
         sequence.tokens.size() + 1 >= sequence.prompt_tokens;
}

Status KvCache::Impl::save_into(std::size_t s, BlockImage& image) const {
  return context->save(static_cast<SlotId>(s), [&image](std::span<const std::byte> bytes) {
    image.insert(image.end(), bytes.begin(), bytes.end());
    return true;
  });
}

void KvCache::Impl::keep_next(std::size_t s) {
  KvSequence& q = at(s);
  const std::uint32_t begin = q.kept;
  q.kept += options.block_tokens;
  keep_range(s, begin, q.kept);
}

// What is behind the last whole block before `end`.
void KvCache::Impl::keep_tail(std::size_t s, std::uint32_t end) {
  const std::uint32_t begin = end / options.block_tokens * options.block_tokens;
  if (end - begin >= std::max(1U, options.block_tokens / kTailShare)) keep_range(s, begin, end);
}

void KvCache::Impl::keep_prompt_tail(std::size_t s) {
  at(s).kept_prompt_tail = true;
  keep_tail(s, at(s).prompt_tokens - 1);
}

// Cells from the end of a whole block on, by way of the scratch sequence.
void KvCache::Impl::keep_range(std::size_t s, std::uint32_t begin, std::uint32_t end) {
  KvSequence& q = at(s);
  extend_names(q, end);
  BlockKey key;
  key.salt = q.salt;
  if (begin > 0) key.parent = q.names[begin / options.block_tokens - 1];
  key.begin = begin;
  key.tokens = std::span<const Token>(q.tokens).subspan(begin, end - begin);
  const BlockName name = block_name(key);
  if (blocks.has(name)) return;
  BlockImage image = begin_block(key, static_cast<std::size_t>(cell_bytes * (end - begin)) + kStateHeadBytes);
  const std::size_t head_bytes = image.size();
  const auto from = static_cast<SlotId>(s);
  const auto to = static_cast<SlotId>(scratch);
  Status saved = context->copy(from, to, static_cast<std::int32_t>(begin), static_cast<std::int32_t>(end));
  if (saved) saved = save_into(scratch, image);
  (void)context->trim(to, -1, -1);
  if (!saved) {
    if (saved.error().code == ErrorCode::kUnsupported) keeps_ranges = false;
    warn("can't keep a block of computed cells", saved.error());
    return;
  }
  cell_bytes = static_cast<double>(image.size() - head_bytes) / (end - begin);
  blocks.keep(std::span<const Token>(q.tokens).first(end), key, name, std::move(image));
}

void KvCache::Impl::keep_due(std::size_t s, double budget_s) {
  const Instant start = now();
  while (is_due(at(s)) && seconds_between(start, now()) <= budget_s) keep_next(s);
  if (has_blocks(at(s)) && !is_due(at(s))) keep_tail(s, static_cast<std::uint32_t>(at(s).tokens.size()));
  if (!keeps_ranges && at(s).use_cache && blocks.enabled()) snapshot(s);
}

// Called where a step ended: the state exists at no other place.
void KvCache::Impl::maybe_snapshot(std::size_t s) {
  const KvSequence& q = at(s);
  const auto length = static_cast<std::uint32_t>(q.tokens.size());
  const std::uint32_t last = q.snapshots.empty() ? 0 : q.snapshots.back().end;
  // All but the prompt's last token is what the same prompt can reuse.
  const bool is_prompt_end = length == q.prompt_tokens || length + 1 == q.prompt_tokens;
  if (is_prompt_end || length - last >= std::max(options.block_tokens, length / kSnapshotShare)) snapshot(s);
}

void KvCache::Impl::snapshot(std::size_t s) {
  KvSequence& q = at(s);
  const auto length = static_cast<std::uint32_t>(q.tokens.size());
  if (length == 0 || (!q.snapshots.empty() && q.snapshots.back().end == length)) return;
  BlockKey key;
  key.salt = q.salt;
  key.kind = BlockKind::kSnapshot;
  key.tokens = q.tokens;
  const BlockName name = block_name(key);
  if (!blocks.has(name)) {
    const auto range = context->range(static_cast<SlotId>(s));
    if (!range || range->last + 1 != static_cast<std::int32_t>(length)) return;  // drafts are in it
    BlockImage image = begin_block(key, static_cast<std::size_t>(cell_bytes * length));
    const std::size_t head_bytes = image.size();
    if (const Status saved = save_into(s, image); !saved) {
      warn("can't keep a snapshot of a sequence", saved.error());
      return;
    }
    cell_bytes = static_cast<double>(image.size() - head_bytes) / length;
    blocks.keep(q.tokens, key, name, std::move(image));
  }
  q.snapshots.push_back({length, name});
}

}  // namespace hearth
