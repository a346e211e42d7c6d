// What a KvCache is made of. Its parts: kv_sequences.cpp (who holds which sequence), kv_restore.cpp (what is reused),
// kv_keep.cpp (what is saved), kv_moves.cpp (whole sequences that leave and come), kv_cache.cpp (the rest).
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "engine/kv_blocks.h"
#include "engine/kv_cache.h"
#include "engine/kv_cells.h"
#include "schedule/restore_choice.h"

namespace hearth {

// A block that is to be put into a slot.
struct RestoreStep {
  CacheTier tier = CacheTier::kRam;
  BlockAddress at;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  std::uint64_t bytes = 0;
  bool wanted = false;  // reading has begun
};

struct Restoring {
  std::vector<RestoreStep> steps;
  std::size_t next = 0;
  PrefixLease lease;          // of the steps' entries
  std::vector<Token> tokens;  // up to the end of the last step
  StepCost cost;
  std::optional<Instant> waiting_since;  // for the next step's bytes
};

struct KvSequence {
  enum class State { kEmpty, kRunning, kIdle } state = State::kEmpty;
  bool use_cache = false;
  CacheSalt salt{};
  std::vector<Token> tokens;  // whose cells it holds
  std::uint32_t prompt_tokens = 0;
  std::uint64_t used_at = 0;  // larger is later
  // In the prefix index: its first `indexed` tokens.
  CacheEntryId entry = 0;  // 0: not there
  std::uint32_t indexed = 0;
  std::uint32_t generation = 0;  // of the entry's handle
  // Blocks of ranges: the names of the whole ones, and up to where they are kept or given up.
  std::vector<BlockName> names;
  std::uint32_t kept = 0;
  bool kept_prompt_tail = false;
  // Snapshots taken or restored, by their end.
  struct Snapshot {
    std::uint32_t end = 0;
    BlockName name;
  };
  std::vector<Snapshot> snapshots;
  std::unique_ptr<Restoring> restoring;
  KvCache::Restored restored;
};

struct KvCache::Impl {
  Impl(std::shared_ptr<TextModel> model, TextInfo info, TextOptions asked, KvCacheOptions kv);

  // kv_cache.cpp
  [[nodiscard]] Instant now() const { return clock.now(); }
  void collect();  // what left the index
  [[nodiscard]] std::size_t index_of(SlotId slot) const { return static_cast<std::size_t>(slot); }
  [[nodiscard]] KvSequence& at(std::size_t s) { return sequences[s]; }
  void warn(std::string_view what, const Error& error) const;

  // kv_sequences.cpp
  [[nodiscard]] std::uint64_t used_cells() const;
  [[nodiscard]] std::uint64_t running_cells() const;
  void index_live();
  void unindex(std::size_t s);
  void empty(std::size_t s);
  void start(std::size_t s, const CacheSalt& salt, std::uint32_t prompt_tokens, bool use_cache);
  [[nodiscard]] std::optional<std::size_t> oldest_idle(std::optional<std::size_t> but = std::nullopt) const;
  // An empty sequence, made so by giving up an idle one if it must be. Absent: only `but` could be given up.
  [[nodiscard]] std::optional<std::size_t> claim(std::optional<std::size_t> but = std::nullopt);
  void make_cells(std::uint64_t cells);
  void drop_cached(std::uint64_t cells);
  void set_tokens(std::size_t s, std::uint32_t keep);
  [[nodiscard]] Result<std::uint32_t> trim(std::size_t s, std::uint32_t keep);
  [[nodiscard]] std::uint32_t back_to_snapshot(std::size_t s, std::uint32_t keep);
  [[nodiscard]] bool is_covered(std::size_t s) const;

  // kv_restore.cpp
  struct Found {
    PrefixMatch match;
    std::optional<std::size_t> source;  // of the live segment, which then is the first
  };
  [[nodiscard]] Found find(const CacheSalt& salt, std::span<const Token> tokens);
  [[nodiscard]] bool can_share(std::size_t s, std::uint32_t end);
  [[nodiscard]] Result<std::size_t> take_live(const Found& found, std::uint32_t end);
  void plan_restore(std::size_t s, const PrefixMatch& match, std::span<const Token> prompt, const StepCost& cost);
  void read_ahead(Restoring& plan);
  void touch_chain(const KvSequence& sequence, std::span<const Token> tokens);
  void end_restore(std::size_t s);
  [[nodiscard]] bool is_too_late(const Restoring& plan) const;
  [[nodiscard]] Status put_in(std::size_t s, const RestoreStep& step, const BlockImage& image);
  [[nodiscard]] Status load_image(std::size_t into, const BlockImage& image);

  // kv_keep.cpp
  void extend_names(KvSequence& sequence, std::uint32_t tokens) const;
  [[nodiscard]] bool is_due(const KvSequence& sequence) const;
  [[nodiscard]] bool has_blocks(const KvSequence& sequence) const;
  [[nodiscard]] bool is_prompt_tail_due(const KvSequence& sequence) const;
  void keep_next(std::size_t s);
  void keep_tail(std::size_t s, std::uint32_t end);
  void keep_prompt_tail(std::size_t s);
  void keep_range(std::size_t s, std::uint32_t begin, std::uint32_t end);
  void keep_due(std::size_t s, double budget_s);
  void maybe_snapshot(std::size_t s);
  void snapshot(std::size_t s);
  [[nodiscard]] Status save_into(std::size_t s, BlockImage& image) const;

  const std::shared_ptr<TextModel> model;  // shared: contexts are made anew when they grow
  const TextInfo info;
  const KvCacheOptions options;
  SystemClock system_clock;
  const Clock& clock;
  TextOptions granted;
  std::unique_ptr<TextContext> context;
  bool keeps_ranges = true;  // else whole sequences, as snapshots
  bool cuts = true;          // sequences can be trimmed
  std::size_t running = 0;
  std::uint64_t ticks = 0;
  double cell_bytes = 0;
  std::vector<KvSequence> sequences;  // without the scratch one
  std::size_t scratch = 0;
  CellLedger cells;
  TransferCost ram_cost{50e-6, 2e9};
  TransferCost ssd_cost{1e-3, 4e8};
  std::array<std::uint64_t, kCacheTiers> hit_tokens{};
  std::uint64_t missed_tokens = 0;
  PrefixIndex index;
  BlockCache blocks;
};

}  // namespace hearth
