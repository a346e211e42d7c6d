// The cells of one loaded model: slots for running requests, and every prefix computed before, kept live, in RAM and on
// SSD until the room is needed.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "domain/runtime_info.h"
#include "engine/kv_cache_facts.h"
#include "hearth/result.h"
#include "plugin_host/runtime.h"
#include "schedule/prefix_index.h"
#include "schedule/schedule_types.h"
#include "schedule/step_cost.h"

namespace hearth {

using SlotId = std::int32_t;  // also the number of the sequence in the context

struct KvCacheOptions {
  std::uint32_t slots = 1;             // requests that hold cells at once
  std::uint32_t idle_slots = 0;        // more sequences that keep what ended requests computed
  std::uint32_t block_tokens = 256;    // of a block in RAM and on SSD
  std::uint64_t ram_bytes = 0;         // of blocks in RAM; 0: none
  std::uint64_t ssd_bytes = 0;         // of blocks on SSD; 0: none
  std::filesystem::path ssd_folder{};  // of this home; shared by models, since blocks are named by content
  const Clock* clock = nullptr;        // borrowed
  Logger* logger = nullptr;            // borrowed; may be null
};

// A sequence put aside by preemption.
struct AsideState {
  std::vector<std::byte> state;
  std::uint32_t cells = 0;
  std::uint32_t prompt_tokens = 0;
  bool use_cache = true;
};

// Owns the model's context. Used by one thread at a time (the model's scheduler); reads and writes of SSD blocks run on
// a thread of its own. Nothing here waits for a disk longer than a restore is worth (schedule/restore_choice.h).
//
// The life of a slot: open() - restore() until it says done - computed() after each step - close().
class KvCache {
 public:
  // `options.n_seq_max` is ignored: it follows from the slots. As TextModel::new_context.
  static Result<std::unique_ptr<KvCache>> create(std::shared_ptr<TextModel> model, const TextOptions& options,
                                                 const KvCacheOptions& kv);
  ~KvCache();

  [[nodiscard]] TextContext& context();
  [[nodiscard]] const TextOptions& granted() const;  // n_ctx as it is now

  struct Opening {
    SlotId slot = 0;
    bool restoring = false;  // restore() has work to do before the slot may be computed on
  };
  // A slot for a request with this prompt. At most all but the last token come from the cache. kOverloaded when all
  // slots are taken. `use_cache` false: nothing is reused and nothing of it kept.
  [[nodiscard]] Result<Opening> open(const CacheSalt& salt, std::span<const Token> prompt, bool use_cache,
                                     const StepCost& cost);
  struct Restored {
    bool done = false;
    std::array<std::uint32_t, kCacheTiers> tokens{};  // reused so far, by tier
    [[nodiscard]] std::uint32_t total() const { return tokens[0] + tokens[1] + tokens[2]; }
  };
  // Works on for about `budget_s`, so that others' steps are not held up. A block that is damaged or late ends the
  // reuse there. Also to be called, once, where opening said that nothing restores.
  [[nodiscard]] Result<Restored> restore(SlotId slot, double budget_s);

  // The context now holds the cells of these further tokens of the slot. Whole blocks are queued for keeping. Where
  // can_trim() is false, what is kept is the state where a step ended: the same prompt finds most of it again if a
  // step ended one token before the prompt's end.
  void computed(SlotId slot, std::span<const Token> tokens);
  // Only the first `keep` tokens of the slot stay (rejected drafts, an interrupted step). Where the memory can't be cut
  // (recurrent state) the latest snapshot at or below `keep` is restored: returns how many tokens are there now.
  [[nodiscard]] Result<std::uint32_t> trim(SlotId slot, std::uint32_t keep);
  // False where trim() costs a snapshot's restoring: drafts don't pay there.
  [[nodiscard]] bool can_trim() const;
  // Whole states are kept instead of ranges: the same prompt is served from one token before its end, if a step ends
  // there.
  [[nodiscard]] bool keeps_snapshots() const;
  // The request is over. Its cells stay as a cached prefix until they are needed, unless `use_cache` was false.
  void close(SlotId slot);

  // The slot's cells leave the context and come back, maybe to another slot.
  [[nodiscard]] Result<AsideState> put_aside(SlotId slot);
  [[nodiscard]] Result<SlotId> bring_back(const CacheSalt& salt, std::span<const Token> tokens,
                                          const AsideState& aside);

  // Cells of idle sequences, which can be given up.
  [[nodiscard]] std::uint64_t cached_cells() const;
  // Gives up at least so many of them, least recently used first; what blocks don't hold yet is saved to them before,
  // as far as that takes no longer than running streams can wait.
  void drop_cached(std::uint64_t cells);
  // False: the blocks in RAM are given up and none is kept there until it is told true; requests still restore from
  // what they hold. Likewise for writing to SSD, from which is still read.
  void keep_in_ram(bool keep);
  void keep_on_disk(bool keep);
  // A context of `n_ctx` cells takes the place of this one, all slots kept; context() is another, without adapters. On
  // failure all is as it was.
  [[nodiscard]] Status grow(std::uint32_t n_ctx);

  // Between steps: saves queued blocks for about `budget_s`.
  void work(double budget_s);
  // Waits until everything queued is on disk, at most `at_most_s`.
  void flush(double at_most_s);

  [[nodiscard]] KvCacheFacts facts() const;
  [[nodiscard]] std::uint64_t cell_bytes() const;  // of one token, measured from saved blocks; 0 until then

 private:
  struct Impl;
  explicit KvCache(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hearth
