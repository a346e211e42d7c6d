// The blocks of a model in RAM and on SSD: what the prefix index knows of them, and how their bytes come and go.
#pragma once

#include <array>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/block_io.h"
#include "engine/kv_cache.h"
#include "schedule/prefix_index.h"

namespace hearth {

// Externally synchronised; its threads are inside. Every block is in the index once for each tier that holds it.
class BlockCache {
 public:
  // Borrows the index. No threads are started where `options.ssd_bytes` is 0.
  BlockCache(PrefixIndex& index, const KvCacheOptions& options);

  [[nodiscard]] bool enabled() const { return has_ram_ || io_ != nullptr; }
  [[nodiscard]] bool has_disk() const { return io_ != nullptr; }
  // False: the blocks in RAM are given up, and none is kept there until it is told true.
  void keep_in_ram(bool keep);
  // False: nothing more is written to SSD; what is there is still read.
  void keep_on_disk(bool keep) { writes_ = keep; }
  // Makes the blocks of `salt` on SSD known; waits for that at most so long, the first time.
  void learn(const CacheSalt& salt, double wait_s);
  // Takes in what the threads did.
  void poll();
  // Sleeps until they did something.
  void wait(double at_most_s);
  // True when everything is written.
  bool drain(double at_most_s);

  [[nodiscard]] bool has(const BlockName& name) const;
  // False while the disk is too far behind: what is kept now would stay in RAM only.
  [[nodiscard]] bool can_keep() const { return io_ == nullptr || io_->can_write(); }
  // `path`: all tokens up to the block's end. The image is not sealed yet.
  void keep(std::span<const Token> path, const BlockKey& key, const BlockName& name, BlockImage image);

  // What a segment of a match stands for.
  [[nodiscard]] BlockAddress address(std::uint64_t handle) const { return held_.at(handle).at; }
  struct Fetched {
    enum class State { kReady, kWaiting, kFailed } state = State::kFailed;
    SharedImage image{};
    double read_s = 0;
  };
  // Starts reading a block that is on SSD only; holds one that is in memory. Each want() has its unwant().
  void want(const BlockAddress& at);
  [[nodiscard]] Fetched fetch(const BlockName& name) const;
  void unwant(const BlockName& name);
  // A block that came from SSD is kept in RAM too.
  void promote(std::span<const Token> path, std::uint32_t begin, const BlockAddress& at, SharedImage image);
  // The runtime refused its bytes: it goes from all tiers.
  void drop_damaged(const BlockAddress& at);
  // Used now, the first one most of all.
  void touch(const CacheSalt& salt, std::vector<BlockName> names);

  // An entry left the index.
  void freed(const PrefixIndex::Freed& freed);
  void count(KvCacheFacts& facts) const;

 private:
  struct Held {
    CacheTier tier = CacheTier::kRam;
    BlockAddress at;
    CacheEntryId entry = 0;
    SharedImage image;  // kSsd: until it is written
  };
  struct Reading {
    int users = 0;
    bool done = false;
    SharedImage image;
    double seconds = 0;
  };
  using ByName = std::unordered_map<BlockName, std::uint64_t>;
  [[nodiscard]] ByName& names(CacheTier tier) { return names_[static_cast<std::size_t>(tier)]; }
  [[nodiscard]] const Held* find(CacheTier tier, const BlockName& name) const;
  bool insert(CacheTier tier, std::span<const Token> path, CacheEntry entry, Held held);
  void forget(CacheTier tier, const BlockName& name);
  void take_in(BlockEvent& event);
  void take_in(const CacheSalt& salt, BlockFiles::Scan& scan);

  PrefixIndex& index_;
  const bool may_have_ram_;
  bool has_ram_;  // now
  bool writes_ = true;
  std::unordered_map<std::uint64_t, Held> held_;  // by handle
  std::array<ByName, kCacheTiers> names_;
  std::unordered_map<BlockName, Reading> readings_;
  std::set<CacheSalt> asked_;
  std::set<CacheSalt> known_;
  std::uint64_t next_handle_ = 1;
  std::uint64_t damaged_ = 0;
  std::uint64_t write_failures_ = 0;
  std::uint64_t evicted_ = 0;
  std::unique_ptr<BlockIo> io_;  // null: no SSD
};

}  // namespace hearth
