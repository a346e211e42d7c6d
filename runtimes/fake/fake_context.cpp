#include "fake_context.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <thread>

namespace hearth::fake {
namespace {

constexpr std::array<char, 4> kMagic = {'H', 'F', 'K', '1'};
constexpr std::uint32_t kSequencesMax = 1024;

std::uint32_t state_hash(std::span<const std::pair<std::int32_t, hearth_token>> entries) {
  std::uint32_t hash = 2166136261U;  // FNV-1a over the words. Source: Fowler, Noll, Vo, RFC draft "The FNV
                                     // Non-Cryptographic Hash Algorithm"
  for (const auto& [position, token] : entries) {
    hash = (hash ^ static_cast<std::uint32_t>(position)) * 16777619U;
    hash = (hash ^ static_cast<std::uint32_t>(token)) * 16777619U;
  }
  return hash;
}

}  // namespace

sdk::TextOptions grant(const Script& script, const sdk::TextOptions& options) {
  static const std::vector<std::string> kPoolings = {"", "none", "mean", "cls", "last"};
  auto granted = options;
  if (granted.n_ctx == 0) granted.n_ctx = script.context_length;
  if (granted.n_seq_max > kSequencesMax || granted.n_seq_max > granted.n_ctx) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "n_seq_max is " + std::to_string(granted.n_seq_max) + "; a context of " +
                                                  std::to_string(granted.n_ctx) + " tokens holds at most " +
                                                  std::to_string(std::min(kSequencesMax, granted.n_ctx)));
  }
  granted.n_batch = std::min(granted.n_batch, granted.n_ctx);
  granted.n_ubatch = std::min(granted.n_ubatch, granted.n_batch);
  if (granted.embeddings && granted.pooling == "rank")
    throw sdk::Error(HEARTH_UNSUPPORTED, "the fake runtime has no pooling 'rank'; use mean");
  if (granted.embeddings && std::ranges::find(kPoolings, granted.pooling) == kPoolings.end()) {
    throw sdk::Error(HEARTH_INVALID_ARGUMENT, "no pooling '" + granted.pooling + "'; give none, mean, cls or last");
  }
  if (granted.unified_kv == sdk::Toggle::kAuto) granted.unified_kv = sdk::Toggle::kOn;
  return granted;
}

FakeContext::FakeContext(FakeModel& model, const sdk::TextOptions& granted, sdk::MemoryItems memory)
    : model_(model),
      granted_(granted),
      memory_(model, std::move(memory)),
      cells_({granted.n_ctx, granted.n_seq_max, granted.unified_kv == sdk::Toggle::kOn, model.script().is_recurrent}),
      counts_(granted.n_seq_max) {}

// Microseconds that a batch takes; a part of a batch costs its share.
double FakeContext::batch_us(std::span<const sdk::BatchEntry> batch) {
  const Latency& latency = model_.script().latency;
  for (const auto& entry : batch) ++counts_[static_cast<std::size_t>(entry.sequence)];
  double us = 0;
  bool decodes = false;
  for (const auto& entry : batch) {
    auto& n = counts_[static_cast<std::size_t>(entry.sequence)];
    if (n > 1) us += n * latency.prefill_token_us;
    decodes = decodes || n == 1;
    n = 0;  // counted once, at the first of its entries
  }
  return us + (decodes ? latency.decode_us : 0);
}

sdk::Rows FakeContext::decode(std::span<const sdk::BatchEntry> batch, const sdk::CallGuard& call) {
  const bool is_nan = model_.faults().hit("decode", call);
  cells_.check(batch);
  const auto n_rows = static_cast<std::uint32_t>(std::ranges::count(batch, true, &sdk::BatchEntry::wants_output));
  const auto row_size = granted_.embeddings ? model_.script().n_embd : model_.n_vocab();
  rows_.assign(std::size_t{n_rows} * row_size, 0.0F);
  virtual_ns_ = 0;
  const double token_us = batch_us(batch) / static_cast<double>(batch.size());
  const std::size_t reach = granted_.embeddings ? 0 : model_.story().reach(adapters_);
  std::size_t row = 0;
  for (std::size_t begin = 0; begin < batch.size(); begin += granted_.n_ubatch) {
    const auto part = batch.subspan(begin, std::min<std::size_t>(granted_.n_ubatch, batch.size() - begin));
    wait(token_us * static_cast<double>(part.size()), call);
    for (const auto& entry : part) {
      cells_.place(entry);
      if (entry.wants_output) compute(entry, reach, std::span(rows_).subspan(row_size * row++, row_size));
    }
  }
  if (is_nan) std::ranges::fill(rows_, std::numeric_limits<float>::quiet_NaN());
  return {rows_.data(), n_rows, row_size};
}

void FakeContext::compute(const sdk::BatchEntry& entry, std::size_t reach, std::span<float> row) {
  if (granted_.embeddings) {
    model_.story().embedding(cells_.history(entry.sequence), granted_.pooling, row);
    return;
  }
  cells_.last_tokens(entry.sequence, reach, end_);
  model_.story().logits(Past{end_, cells_.size(entry.sequence), cells_.hash(entry.sequence)}, adapters_, row);
}

// Waits in slices, so that cancelling takes no longer than one of them.
void FakeContext::wait(double us, const sdk::CallGuard& call) {
  const auto ns = static_cast<std::int64_t>(us * 1000 * model_.latency_scale());
  if (model_.script().latency.is_virtual) {
    virtual_ns_ += ns;
    model_.spend_virtual_ns(ns);
  } else {
    const auto end = std::chrono::steady_clock::now() + std::chrono::nanoseconds(ns);
    while (std::chrono::steady_clock::now() < end) {
      call.check("decoding");
      std::this_thread::sleep_until(std::min(end, std::chrono::steady_clock::now() + std::chrono::milliseconds(1)));
    }
  }
  call.check("decoding", virtual_ns_);
}

void FakeContext::trim(std::int32_t sequence, std::int32_t p0, std::int32_t p1) {
  model_.faults().hit("trim");
  const auto last = static_cast<std::int32_t>(granted_.n_seq_max);
  for (std::int32_t each = std::max(sequence, 0); each < (sequence < 0 ? last : sequence + 1); ++each)
    cells_.trim(each, p0, p1);
}

void FakeContext::copy(std::int32_t from, std::int32_t to, std::int32_t p0, std::int32_t p1) {
  model_.faults().hit("copy");
  cells_.copy(from, to, p0, p1);
}

void FakeContext::shift(std::int32_t sequence, std::int32_t p0, std::int32_t p1, std::int32_t delta) {
  model_.faults().hit("shift");
  cells_.shift(sequence, p0, p1, delta);
}

sdk::Range FakeContext::range(std::int32_t sequence) const {
  model_.faults().hit("range");
  return cells_.range(sequence);
}

void FakeContext::save(std::int32_t sequence, const sdk::Writer& out) {
  model_.faults().hit("save");
  const auto entries = cells_.entries(sequence);
  out.value(kMagic);
  out.value(static_cast<std::uint32_t>(entries.size()));
  for (const auto& [position, token] : entries) {
    out.value(position);
    out.value(token);
  }
  out.value(state_hash(entries));
}

void FakeContext::restore(std::int32_t sequence, const sdk::Reader& in) {
  model_.faults().hit("restore");
  cells_.trim(sequence, -1, -1);
  if (in.value<std::array<char, 4>>() != kMagic)
    throw sdk::Error(HEARTH_INVALID_DATA, "the bytes are no saved state of the fake runtime; save it again");
  const auto n = in.value<std::uint32_t>();
  if (n > granted_.n_ctx) {
    throw sdk::Error(HEARTH_OUT_OF_MEMORY, "the saved state has " + std::to_string(n) + " tokens, this context holds " +
                                               std::to_string(granted_.n_ctx));
  }
  std::vector<std::pair<std::int32_t, hearth_token>> entries(n);
  for (auto& [position, token] : entries) {
    position = in.value<std::int32_t>();
    token = in.value<hearth_token>();
  }
  if (in.value<std::uint32_t>() != state_hash(entries))
    throw sdk::Error(HEARTH_INVALID_DATA, "the saved state is damaged; save it again");
  std::vector<sdk::BatchEntry> batch;
  for (const auto& [position, token] : entries) batch.push_back({token, position, sequence, false});
  cells_.restore(batch);
}

void FakeContext::set_adapters(std::span<const sdk::ScaledAdapter> adapters) {
  model_.faults().hit("set_adapters");
  adapters_.clear();
  for (const auto& each : adapters) {
    adapters_.push_back({&dynamic_cast<const FakeAdapter&>(*each.adapter).script.replies, each.scale});
  }
}

}  // namespace hearth::fake
