// The radix tree under the prefix index, and the choice of the entries that make up the longest prefix.
#include <algorithm>
#include <limits>
#include <utility>

#include "schedule/prefix_index.h"

namespace hearth {
namespace {

// Cost of a token by tier: cells of a live sequence are shared, RAM is copied, SSD is read and verified. Only the order
// matters here; whether restoring pays at all is decided with measured rates (restore_choice.h).
constexpr std::array<double, kCacheTiers> kTierCost{0, 1, 8};

std::size_t common_length(std::span<const Token> a, std::span<const Token> b) {
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(ends.first - a.begin());
}

}  // namespace

PrefixIndex::Walk PrefixIndex::walk(const CacheSalt& salt, std::span<const Token> tokens) const {
  Walk walk;
  const auto root = roots_.find(salt);
  if (root == roots_.end()) return walk;
  Node* node = root->second.get();
  walk.passed.push_back(node);
  while (walk.matched < tokens.size()) {
    const auto child = node->children.find(tokens[walk.matched]);
    if (child == node->children.end()) break;
    node = child->second.get();
    const std::size_t common = common_length(node->edge, tokens.subspan(walk.matched));
    walk.matched += static_cast<std::uint32_t>(common);
    if (common < node->edge.size()) {
      walk.partial = node;
      break;
    }
    walk.passed.push_back(node);
  }
  return walk;
}

CacheEntryId PrefixIndex::find_divisible(const Node* node, std::size_t tier) const {
  while (true) {
    for (const CacheEntryId id : node->entries) {
      const CacheEntry& entry = entries_.at(id).entry;
      if (entry.divisible && static_cast<std::size_t>(entry.tier) == tier) return id;
    }
    const auto next = std::find_if(node->children.begin(), node->children.end(),
                                   [&](const auto& child) { return child.second->divisible[tier] > 0; });
    node = next->second.get();
  }
}

std::vector<PrefixIndex::Candidate> PrefixIndex::candidates(const Walk& walk) const {
  std::vector<Candidate> found;
  for (const Node* node : walk.passed) {
    for (const CacheEntryId id : node->entries) {
      const Held& held = entries_.at(id);
      if (!held.entry.divisible) found.push_back({id, held.entry.begin, held.end});
    }
  }
  // Of the divisible ones, for each tier the one that shares most of the path: it need not end on it.
  for (std::size_t tier = 0; tier < kCacheTiers; ++tier) {
    if (walk.partial != nullptr && walk.partial->divisible[tier] > 0) {
      found.push_back({find_divisible(walk.partial, tier), 0, walk.matched});
      continue;
    }
    const auto deepest = std::find_if(walk.passed.rbegin(), walk.passed.rend(),
                                      [&](const Node* node) { return node->divisible[tier] > 0; });
    if (deepest != walk.passed.rend() && (*deepest)->depth > 0) {
      found.push_back({find_divisible(*deepest, tier), 0, (*deepest)->depth});
    }
  }
  return found;
}

PrefixMatch PrefixIndex::match(const CacheSalt& salt, std::span<const Token> tokens) const {
  return cheapest_chain(candidates(walk(salt, tokens)));
}

// Shortest path over the positions where entries begin and end; the furthest that can be reached wins, then the cost.
PrefixMatch PrefixIndex::cheapest_chain(const std::vector<Candidate>& candidates) const {
  struct Reach {
    double cost = std::numeric_limits<double>::infinity();
    CacheEntryId by = 0;
    std::size_t from = 0;
  };
  std::vector<std::uint32_t> positions{0};
  for (const Candidate& c : candidates) positions.insert(positions.end(), {c.begin, c.end});
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  const auto at = [&](std::uint32_t position) {
    return static_cast<std::size_t>(std::lower_bound(positions.begin(), positions.end(), position) - positions.begin());
  };
  std::vector<std::vector<std::pair<std::size_t, CacheEntryId>>> steps(positions.size());
  for (const Candidate& c : candidates) {
    const std::size_t last = at(c.end);
    if (!entries_.at(c.id).entry.divisible) steps[at(c.begin)].emplace_back(last, c.id);
    for (std::size_t i = at(c.begin); i < last && entries_.at(c.id).entry.divisible; ++i) {
      steps[i].emplace_back(i + 1, c.id);
    }
  }
  std::vector<Reach> reach(positions.size());
  reach[0].cost = 0;
  std::size_t furthest = 0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (reach[i].cost == std::numeric_limits<double>::infinity()) continue;
    furthest = i;
    for (const auto& [to, id] : steps[i]) {
      const double tier_cost = kTierCost[static_cast<std::size_t>(entries_.at(id).entry.tier)];
      const double cost = reach[i].cost + tier_cost * (positions[to] - positions[i]);
      if (cost < reach[to].cost) reach[to] = {cost, id, i};
    }
  }
  PrefixMatch match;
  for (std::size_t i = furthest; i > 0; i = reach[i].from) {
    const CacheEntry& entry = entries_.at(reach[i].by).entry;
    if (!match.segments.empty() && match.segments.back().entry == reach[i].by) {
      match.segments.back().begin = positions[reach[i].from];
    } else {
      match.segments.push_back(
          {reach[i].by, entry.tier, entry.handle, entry.bytes, positions[reach[i].from], positions[i]});
    }
  }
  std::reverse(match.segments.begin(), match.segments.end());
  return match;
}

// The node at the end of `tokens` from `from` on; made where it is missing.
PrefixIndex::Node* PrefixIndex::descend(Node* from, std::span<const Token> tokens) {
  Node* node = from;
  std::size_t done = 0;
  while (done < tokens.size()) {
    const std::span<const Token> rest = tokens.subspan(done);
    auto& slot = node->children[rest.front()];
    if (!slot) {
      slot = std::make_unique<Node>();
      slot->parent = node;
      slot->edge.assign(rest.begin(), rest.end());
      slot->depth = node->depth + static_cast<std::uint32_t>(rest.size());
      ++nodes_;
      tokens_ += rest.size();
      return slot.get();
    }
    Node* child = slot.get();
    const std::size_t common = common_length(child->edge, rest);
    node = common < child->edge.size() ? split(child, common) : child;
    done += common;
  }
  return node;
}

// Cuts an edge after `at` tokens: a new node ends there, `node` keeps its entries below it. Returns the new one.
PrefixIndex::Node* PrefixIndex::split(Node* node, std::size_t at) {
  auto& slot = node->parent->children.at(node->edge.front());
  auto upper = std::make_unique<Node>();
  upper->parent = node->parent;
  upper->edge.assign(node->edge.begin(), node->edge.begin() + static_cast<std::ptrdiff_t>(at));
  upper->depth = node->depth - static_cast<std::uint32_t>(node->edge.size() - at);
  upper->divisible = node->divisible;
  node->edge.erase(node->edge.begin(), node->edge.begin() + static_cast<std::ptrdiff_t>(at));
  node->edge.shrink_to_fit();
  node->parent = upper.get();
  std::unique_ptr<Node> lower = std::exchange(slot, std::move(upper));
  Node* made = slot.get();
  const Token first = lower->edge.front();
  made->children.emplace(first, std::move(lower));
  ++nodes_;
  return made;
}

void PrefixIndex::count_divisible(const Held& held, Node* from, int by) {
  if (!held.entry.divisible) return;
  for (Node* node = from; node != nullptr; node = node->parent) {
    node->divisible[static_cast<std::size_t>(held.entry.tier)] += static_cast<std::uint32_t>(by);
  }
}

void PrefixIndex::attach(CacheEntryId id, Held& held, Node* node) {
  held.node = node;
  held.end = node->depth;
  node->entries.push_back(id);
  count_divisible(held, node, 1);
}

void PrefixIndex::detach(CacheEntryId id, Held& held) {
  auto& here = held.node->entries;
  here.erase(std::find(here.begin(), here.end(), id));
  count_divisible(held, held.node, -1);
  held.node = nullptr;
}

// Takes away what no longer tells anything: leaves without entries, and nodes that only pass on to one child.
void PrefixIndex::prune(Node* node, const CacheSalt& salt) {
  while (node->entries.empty() && node->children.empty()) {
    Node* parent = node->parent;
    tokens_ -= node->edge.size();
    --nodes_;
    if (parent == nullptr) {
      roots_.erase(salt);
      return;
    }
    parent->children.erase(parent->children.find(node->edge.front()));
    node = parent;
  }
  if (!node->entries.empty() || node->children.size() != 1 || node->parent == nullptr) return;
  auto& slot = node->parent->children.at(node->edge.front());
  std::unique_ptr<Node> child = std::move(node->children.begin()->second);
  child->edge.insert(child->edge.begin(), node->edge.begin(), node->edge.end());
  child->parent = node->parent;
  slot = std::move(child);
  --nodes_;
}

}  // namespace hearth
