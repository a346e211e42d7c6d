// Which computed prefixes exist, and where: a radix tree over tokens for live sequences, blocks in RAM and on SSD.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "domain/token_event.h"
#include "hearth/result.h"

namespace hearth {

enum class CacheTier { kLive, kRam, kSsd };
inline constexpr std::size_t kCacheTiers = 3;

// Digest of everything beside the tokens that changes the values: model, adapters and scales, runtime build, KV types
// ...
using CacheSalt = std::array<std::uint8_t, 32>;
using CacheEntryId = std::uint64_t;

// What the caller keeps for the tokens [begin, end) of a path, end being the path's length.
struct CacheEntry {
  CacheTier tier = CacheTier::kRam;
  std::uint64_t handle = 0;  // the caller's: a slot, a buffer, a file
  std::uint64_t bytes = 0;
  std::uint32_t begin = 0;
  // Any leading part may be used by itself (a sequence of cells). Otherwise whole or not at all (a block; a snapshot of
  // a recurrent state, which has begin 0). Divisible entries have begin 0.
  bool divisible = false;
};

struct CacheSegment {
  CacheEntryId entry = 0;
  CacheTier tier = CacheTier::kRam;
  std::uint64_t handle = 0;
  std::uint64_t bytes = 0;  // of the whole entry
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

// Contiguous from token 0: copy or restore in this order.
struct PrefixMatch {
  std::vector<CacheSegment> segments;
  [[nodiscard]] std::uint32_t tokens() const { return segments.empty() ? 0 : segments.back().end; }
};

struct PrefixIndexLimits {
  std::array<std::uint64_t, kCacheTiers> tier_bytes{};  // of the entries
  std::uint64_t index_bytes = 64 * 1024 * 1024;         // of the tree itself, as estimated
};

class PrefixIndex;

// Keeps the entries of a match while they are copied from: they can't be evicted, and one that is removed meanwhile is
// freed only afterwards. The index must outlive it.
class PrefixLease {
 public:
  PrefixLease() = default;
  PrefixLease(PrefixLease&& other) noexcept;
  PrefixLease& operator=(PrefixLease&& other) noexcept;
  PrefixLease(const PrefixLease&) = delete;
  PrefixLease& operator=(const PrefixLease&) = delete;
  ~PrefixLease() { release(); }
  void release();
  [[nodiscard]] bool empty() const { return entries_.empty(); }

 private:
  friend class PrefixIndex;
  PrefixIndex* index_ = nullptr;
  std::vector<CacheEntryId> entries_;
};

// Evicts the least recently used entry of a tier that is full; leading blocks of a path count as used whenever later
// ones are, so a chain loses its end first. Entries that leave (evicted, removed) come out of take_freed() exactly
// once: the caller frees what they stand for there and nowhere else. Externally synchronised.
class PrefixIndex {
 public:
  explicit PrefixIndex(const PrefixIndexLimits& limits) : limits_(limits) {}
  PrefixIndex(const PrefixIndex&) = delete;
  PrefixIndex& operator=(const PrefixIndex&) = delete;

  struct Inserted {
    CacheEntryId id = 0;
    bool fresh = false;  // false: the tier has this range already; the given handle was not taken
  };
  // kInvalidArgument: an empty range, or divisible with begin > 0. kDoesNotFit: larger than the tier's budget.
  // kOverloaded: everything that could make room is in use. Cost: O(tokens + entries on the path).
  [[nodiscard]] Result<Inserted> insert(const CacheSalt& salt, std::span<const Token> path, const CacheEntry& entry);
  // A live sequence got longer: its divisible entry now ends `more` later and takes `bytes`. Not checked against the
  // tier's budget, since the cells are taken already. Usual cost: O(more). kNotFound, kInvalidArgument.
  [[nodiscard]] Status extend(CacheEntryId id, std::span<const Token> more, std::uint64_t bytes);

  // The longest prefix of `tokens` that can be had, at the least cost by tier. Changes nothing.
  [[nodiscard]] PrefixMatch match(const CacheSalt& salt, std::span<const Token> tokens) const;
  // Holds the entries of `match` and counts them as used. Call before anything else changes the index.
  [[nodiscard]] PrefixLease acquire(const PrefixMatch& match);
  // As a lease of one entry without an end: a running sequence, the system prompt. kNotFound.
  [[nodiscard]] Status pin(CacheEntryId id);
  [[nodiscard]] Status unpin(CacheEntryId id);
  // No longer found by match(); freed now, or with its last lease. False when not known.
  bool remove(CacheEntryId id);
  // Frees the least recently used entry of `tier`. False when all are in use.
  bool evict_one(CacheTier tier);
  // Handles of entries that left, with their tiers, since the last call.
  struct Freed {
    CacheTier tier = CacheTier::kRam;
    std::uint64_t handle = 0;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] std::vector<Freed> take_freed();

  // Entries removed but still leased count until they are freed.
  [[nodiscard]] std::uint64_t bytes(CacheTier tier) const { return bytes_[static_cast<std::size_t>(tier)]; }
  [[nodiscard]] std::size_t entries() const { return entries_.size(); }
  [[nodiscard]] std::size_t nodes() const { return nodes_; }
  [[nodiscard]] std::uint64_t index_bytes() const;

 private:
  friend class PrefixLease;
  struct Node {
    Node* parent = nullptr;
    std::vector<Token> edge;
    std::uint32_t depth = 0;  // tokens from the root to the end of the edge
    std::map<Token, std::unique_ptr<Node>> children;
    std::vector<CacheEntryId> entries;                   // those that end here
    std::array<std::uint32_t, kCacheTiers> divisible{};  // entries here and below
  };
  struct Held {
    CacheEntry entry;
    Node* node = nullptr;  // null: removed, waits for its last lease
    std::uint32_t end = 0;
    CacheSalt salt{};
    std::uint32_t uses = 0;
    std::list<CacheEntryId>::iterator recency;  // valid where uses is 0
  };
  struct Walk {
    std::vector<Node*> passed;  // from the root, each matched to its end
    Node* partial = nullptr;    // the child whose edge matched only in part
    std::uint32_t matched = 0;
  };
  struct Candidate {
    CacheEntryId id = 0;
    std::uint32_t begin = 0;
    std::uint32_t end = 0;  // as far as it matches
  };

  [[nodiscard]] Walk walk(const CacheSalt& salt, std::span<const Token> tokens) const;
  [[nodiscard]] std::vector<Candidate> candidates(const Walk& walk) const;
  [[nodiscard]] CacheEntryId find_divisible(const Node* node, std::size_t tier) const;
  [[nodiscard]] PrefixMatch cheapest_chain(const std::vector<Candidate>& candidates) const;
  [[nodiscard]] const Held* duplicate(const Walk& walk, std::size_t length, const CacheEntry& entry) const;
  [[nodiscard]] Status make_room(const CacheEntry& entry, std::size_t path_tokens);
  Node* descend(Node* from, std::span<const Token> tokens);
  Node* split(Node* node, std::size_t at);
  void attach(CacheEntryId id, Held& held, Node* node);
  void detach(CacheEntryId id, Held& held);
  void prune(Node* node, const CacheSalt& salt);
  void count_divisible(const Held& held, Node* from, int by);
  void touch(Held& held);
  void hold(Held& held);
  void let_go(CacheEntryId id);
  void free_entry(CacheEntryId id);

  PrefixIndexLimits limits_;
  std::map<CacheSalt, std::unique_ptr<Node>> roots_;
  std::unordered_map<CacheEntryId, Held> entries_;
  std::array<std::list<CacheEntryId>, kCacheTiers> recency_;  // least recent first; only what is not in use
  std::array<std::uint64_t, kCacheTiers> bytes_{};
  std::vector<Freed> freed_;
  CacheEntryId next_id_ = 1;
  std::size_t nodes_ = 0;
  std::size_t tokens_ = 0;  // in edges
};

}  // namespace hearth
