#include "engine/kv_cache.h"

#include <fmt/core.h>

#include <algorithm>

#include "engine/kv_cache_impl.h"

namespace hearth {

using State = KvSequence::State;

namespace {

// Source: LLAMA_MAX_SEQ of llama.cpp (llama-cparams.h). Only idle sequences are left out for it.
constexpr std::uint32_t kSequencesMax = 256;

std::uint32_t idle_sequences(const KvCacheOptions& kv) {
  const std::uint32_t taken = kv.slots + 1;
  return std::min(kv.idle_slots, taken < kSequencesMax ? kSequencesMax - taken : 0);
}

PrefixIndexLimits index_limits(const KvCacheOptions& kv) {
  PrefixIndexLimits limits;
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max() / 4;  // cells and the disk have bounds of their own
  limits.tier_bytes = {kAny, kv.ram_bytes, kAny};
  return limits;
}

}  // namespace

KvCache::Impl::Impl(std::shared_ptr<TextModel> its_model, TextInfo its_info, TextOptions asked, KvCacheOptions kv)
    : model(std::move(its_model)),
      info(its_info),
      options(std::move(kv)),
      clock(options.clock != nullptr ? *options.clock : system_clock),
      granted(std::move(asked)),
      keeps_ranges(!info.is_recurrent && info.n_swa == 0),
      cuts(!info.is_recurrent),
      sequences(options.slots + idle_sequences(options)),
      scratch(sequences.size()),
      cells(sequences.size()),
      index(index_limits(options)),
      blocks(index, options) {}

void KvCache::Impl::warn(std::string_view what, const Error& error) const {
  if (options.logger != nullptr)
    options.logger->write(LogLevel::kWarn, "kv-cache", fmt::format("{}: {}", what, error.message));
}

KvCache::KvCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KvCache::~KvCache() = default;

Result<std::unique_ptr<KvCache>> KvCache::create(std::shared_ptr<TextModel> model, const TextOptions& options,
                                                 const KvCacheOptions& kv) {
  if (kv.slots == 0 || kv.block_tokens == 0) {
    return fail(ErrorCode::kInvalidArgument, "a context needs at least one slot and blocks of at least one token");
  }
  HEARTH_ASSIGN(info, model->info());
  auto impl = std::make_unique<Impl>(model, info, options, kv);
  TextOptions asked = options;
  asked.n_seq_max = static_cast<std::uint32_t>(impl->scratch) + 1;
  asked.unified_kv = Toggle::kOn;
  HEARTH_ASSIGN(context, model->new_context(asked));
  impl->context = std::move(context);
  HEARTH_ASSIGN(granted, impl->context->granted());
  impl->granted = granted;
  return std::unique_ptr<KvCache>(new KvCache(std::move(impl)));
}

TextContext& KvCache::context() { return *impl_->context; }
const TextOptions& KvCache::granted() const { return impl_->granted; }
bool KvCache::can_trim() const { return impl_->cuts; }
bool KvCache::keeps_snapshots() const { return !impl_->keeps_ranges && impl_->blocks.enabled(); }

void KvCache::computed(SlotId slot, std::span<const Token> tokens) {
  Impl& m = *impl_;
  KvSequence& q = m.at(m.index_of(slot));
  q.tokens.insert(q.tokens.end(), tokens.begin(), tokens.end());
  m.cells.append(m.index_of(slot), static_cast<std::uint32_t>(tokens.size()));
  if (!m.keeps_ranges && q.use_cache && m.blocks.enabled()) m.maybe_snapshot(m.index_of(slot));
}

Result<std::uint32_t> KvCache::trim(SlotId slot, std::uint32_t keep) {
  auto kept = impl_->trim(impl_->index_of(slot), keep);
  impl_->collect();
  return kept;
}

void KvCache::close(SlotId slot) {
  Impl& m = *impl_;
  const std::size_t s = m.index_of(slot);
  if (m.at(s).restoring) m.end_restore(s);
  const auto held = static_cast<std::uint32_t>(m.at(s).tokens.size());
  // A context may hold more than was counted: drafts, the rest of a step that was cut off.
  const auto clean = m.at(s).use_cache && held > 0 ? m.trim(s, held) : Result<std::uint32_t>(0U);
  const KvSequence& q = m.at(s);
  if (!clean || *clean == 0 || m.is_covered(s)) {
    m.empty(s);
  } else {
    m.touch_chain(q, q.tokens);
    if (q.entry != 0) (void)m.index.unpin(q.entry);
    m.at(s).state = State::kIdle;
    m.at(s).used_at = ++m.ticks;
    --m.running;
  }
  m.collect();
}

std::uint64_t KvCache::cached_cells() const { return impl_->used_cells() - impl_->running_cells(); }
void KvCache::drop_cached(std::uint64_t cells) { impl_->drop_cached(cells); }
void KvCache::keep_in_ram(bool keep) {
  impl_->blocks.keep_in_ram(keep);
  impl_->collect();
}
void KvCache::keep_on_disk(bool keep) { impl_->blocks.keep_on_disk(keep); }

void KvCache::work(double budget_s) {
  Impl& m = *impl_;
  m.blocks.poll();
  const Instant start = m.now();
  const auto may_go_on = [&] { return m.blocks.can_keep() && seconds_between(start, m.now()) < budget_s; };
  for (const auto state : {State::kRunning, State::kIdle}) {
    for (std::size_t s = 0; s < m.sequences.size(); ++s) {
      if (m.at(s).state != state) continue;
      while (m.is_due(m.at(s)) && may_go_on()) m.keep_next(s);
      if (m.is_prompt_tail_due(m.at(s)) && may_go_on()) m.keep_prompt_tail(s);
    }
  }
  m.collect();
}

void KvCache::flush(double at_most_s) {
  Impl& m = *impl_;
  const Instant start = m.now();
  constexpr double kRoundS = 0.2;
  bool is_done = false;
  for (double left_s = at_most_s; !is_done && left_s > 0; left_s = at_most_s - seconds_between(start, m.now())) {
    work(left_s);
    is_done = std::ranges::none_of(m.sequences, [&m](const auto& q) { return m.is_due(q); });
    for (std::size_t s = 0; is_done && s < m.sequences.size(); ++s) {
      if (m.at(s).state == State::kIdle) m.keep_due(s, left_s);  // with what is behind its last block
    }
    is_done = m.blocks.drain(std::min(left_s, kRoundS)) && is_done;
    m.blocks.poll();
    if (m.now() == start) break;  // a clock that stands still
  }
  m.collect();
}

KvCacheFacts KvCache::facts() const {
  const Impl& m = *impl_;
  KvCacheFacts facts;
  m.blocks.count(facts);
  facts.hit_tokens = m.hit_tokens;
  facts.missed_tokens = m.missed_tokens;
  facts.bytes[0] = static_cast<std::uint64_t>(m.cell_bytes * static_cast<double>(m.used_cells()));
  facts.entries[0] = static_cast<std::uint64_t>(
      std::ranges::count_if(m.sequences, [](const auto& q) { return q.use_cache && !q.tokens.empty(); }));
  return facts;
}

std::uint64_t KvCache::cell_bytes() const { return static_cast<std::uint64_t>(impl_->cell_bytes); }

}  // namespace hearth
