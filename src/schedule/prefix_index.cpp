#include "schedule/prefix_index.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "base/units.h"

namespace hearth {
namespace {

// What a node and an entry take beside their tokens: the structure, its place in a map or list, the allocator's part.
constexpr std::uint64_t kNodeBytes = 256;
constexpr std::uint64_t kEntryBytes = 224;

std::size_t index_of(CacheTier tier) { return static_cast<std::size_t>(tier); }

}  // namespace

PrefixLease::PrefixLease(PrefixLease&& other) noexcept
    : index_(std::exchange(other.index_, nullptr)), entries_(std::exchange(other.entries_, {})) {}

PrefixLease& PrefixLease::operator=(PrefixLease&& other) noexcept {
  if (this != &other) {
    release();
    index_ = std::exchange(other.index_, nullptr);
    entries_ = std::exchange(other.entries_, {});
  }
  return *this;
}

void PrefixLease::release() {
  // The first blocks last, so that they stay longest.
  for (auto id = entries_.rbegin(); id != entries_.rend(); ++id) index_->let_go(*id);
  entries_.clear();
}

std::uint64_t PrefixIndex::index_bytes() const {
  return nodes_ * kNodeBytes + tokens_ * sizeof(Token) + entries_.size() * kEntryBytes;
}

Result<PrefixIndex::Inserted> PrefixIndex::insert(const CacheSalt& salt, std::span<const Token> path,
                                                  const CacheEntry& entry) {
  if (entry.begin >= path.size() || (entry.divisible && entry.begin > 0)) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("a cache entry can't hold tokens {} to {}{}", entry.begin,
                                                         path.size(), entry.divisible ? " in parts" : ""));
  }
  if (const Held* known = duplicate(walk(salt, path), path.size(), entry)) {
    const auto same = std::find_if(known->node->entries.begin(), known->node->entries.end(),
                                   [&](CacheEntryId id) { return &entries_.at(id) == known; });
    touch(entries_.at(*same));
    return Inserted{*same, false};
  }
  HEARTH_TRY(make_room(entry, path.size()));
  auto& root = roots_[salt];
  if (!root) {
    root = std::make_unique<Node>();
    ++nodes_;
  }
  const CacheEntryId id = next_id_++;
  Held& held = entries_[id];
  held.entry = entry;
  held.salt = salt;
  held.recency = recency_[index_of(entry.tier)].insert(recency_[index_of(entry.tier)].end(), id);
  attach(id, held, descend(root.get(), path));
  bytes_[index_of(entry.tier)] += entry.bytes;
  for (Node* node = held.node->parent; node != nullptr; node = node->parent) {
    for (const CacheEntryId before : node->entries) touch(entries_.at(before));
  }
  return Inserted{id, true};
}

const PrefixIndex::Held* PrefixIndex::duplicate(const Walk& walk, std::size_t length, const CacheEntry& entry) const {
  if (walk.passed.empty() || walk.passed.back()->depth != length) return nullptr;
  for (const CacheEntryId id : walk.passed.back()->entries) {
    const Held& held = entries_.at(id);
    const CacheEntry& other = held.entry;
    // Two live sequences may hold the same tokens; the blocks of a tier exist once.
    if (other.tier == entry.tier && other.begin == entry.begin && other.divisible == entry.divisible &&
        (entry.tier != CacheTier::kLive || other.handle == entry.handle)) {
      return &held;
    }
  }
  return nullptr;
}

Status PrefixIndex::make_room(const CacheEntry& entry, std::size_t path_tokens) {
  const std::size_t tier = index_of(entry.tier);
  const std::uint64_t own = path_tokens * sizeof(Token) + 2 * kNodeBytes + kEntryBytes;
  if (entry.bytes > limits_.tier_bytes[tier] || own > limits_.index_bytes) {
    return fail(ErrorCode::kDoesNotFit,
                fmt::format("a cache entry of {} and {} tokens is larger than the budget of {} and {} for the index",
                            format_bytes(entry.bytes), path_tokens, format_bytes(limits_.tier_bytes[tier]),
                            format_bytes(limits_.index_bytes)));
  }
  while (bytes_[tier] + entry.bytes > limits_.tier_bytes[tier]) {
    if (evict_one(entry.tier)) continue;
    return fail(
        ErrorCode::kOverloaded,
        fmt::format("the cache holds {} of {} and all of it is in use; {} more don't fit", format_bytes(bytes_[tier]),
                    format_bytes(limits_.tier_bytes[tier]), format_bytes(entry.bytes)));
  }
  while (index_bytes() + own > limits_.index_bytes) {
    const auto most = std::max_element(recency_.begin(), recency_.end(),
                                       [](const auto& a, const auto& b) { return a.size() < b.size(); });
    if (evict_one(static_cast<CacheTier>(most - recency_.begin()))) continue;
    return fail(ErrorCode::kOverloaded, fmt::format("the cache's index takes {} of {} and every entry is in use",
                                                    format_bytes(index_bytes()), format_bytes(limits_.index_bytes)));
  }
  return {};
}

Status PrefixIndex::extend(CacheEntryId id, std::span<const Token> more, std::uint64_t bytes) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.node == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("cache entry {} is not there", id));
  }
  Held& held = found->second;
  if (!held.entry.divisible) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("cache entry {} is a block and can't grow", id));
  }
  bytes_[index_of(held.entry.tier)] += bytes - held.entry.bytes;
  held.entry.bytes = bytes;
  if (more.empty()) return {};
  Node* node = held.node;
  if (node->children.empty() && node->entries.size() == 1) {
    node->edge.insert(node->edge.end(), more.begin(), more.end());
    node->depth += static_cast<std::uint32_t>(more.size());
    tokens_ += more.size();
    held.end = node->depth;
    return {};
  }
  Node* longer = descend(node, more);
  detach(id, held);
  attach(id, held, longer);
  prune(node, held.salt);
  return {};
}

PrefixLease PrefixIndex::acquire(const PrefixMatch& match) {
  PrefixLease lease;
  lease.index_ = this;
  for (const CacheSegment& segment : match.segments) {
    const auto found = entries_.find(segment.entry);
    if (found == entries_.end()) continue;
    hold(found->second);
    lease.entries_.push_back(segment.entry);
  }
  return lease;
}

Status PrefixIndex::pin(CacheEntryId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.node == nullptr) {
    return fail(ErrorCode::kNotFound, fmt::format("cache entry {} is not there", id));
  }
  hold(found->second);
  return {};
}

Status PrefixIndex::unpin(CacheEntryId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.uses == 0) {
    return fail(ErrorCode::kNotFound, fmt::format("cache entry {} is not pinned", id));
  }
  let_go(id);
  return {};
}

bool PrefixIndex::remove(CacheEntryId id) {
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.node == nullptr) return false;
  Held& held = found->second;
  Node* node = held.node;
  detach(id, held);
  prune(node, held.salt);
  if (held.uses == 0) {
    recency_[index_of(held.entry.tier)].erase(held.recency);
    free_entry(id);
  }
  return true;
}

bool PrefixIndex::evict_one(CacheTier tier) {
  const auto& order = recency_[index_of(tier)];
  return !order.empty() && remove(order.front());
}

std::vector<PrefixIndex::Freed> PrefixIndex::take_freed() { return std::exchange(freed_, {}); }

void PrefixIndex::touch(Held& held) {
  auto& order = recency_[index_of(held.entry.tier)];
  if (held.uses == 0) order.splice(order.end(), order, held.recency);
}

void PrefixIndex::hold(Held& held) {
  if (held.uses++ == 0 && held.node != nullptr) recency_[index_of(held.entry.tier)].erase(held.recency);
}

void PrefixIndex::let_go(CacheEntryId id) {
  Held& held = entries_.at(id);
  if (--held.uses > 0) return;
  if (held.node == nullptr) {
    free_entry(id);
    return;
  }
  auto& order = recency_[index_of(held.entry.tier)];
  held.recency = order.insert(order.end(), id);
}

void PrefixIndex::free_entry(CacheEntryId id) {
  const auto found = entries_.find(id);
  const CacheEntry& entry = found->second.entry;
  freed_.push_back({entry.tier, entry.handle, entry.bytes});
  bytes_[index_of(entry.tier)] -= entry.bytes;
  entries_.erase(found);
}

}  // namespace hearth
